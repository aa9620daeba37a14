"""Where does an account stand in the organization? Root, units, accounts, as AWS Organizations has them.

Ids are derived from names, so they need no row and a unit that comes back is the same unit.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_getting-started_concepts.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from ostiary.domain.access.model import OrganizationalUnit
from ostiary.kit import ids

MOST_LEVELS = 5  # of units below the root
_SHOWN = 60


class TreeBroken(Exception):
    """The units do not make a tree; the text says where."""


@dataclass(frozen=True, slots=True, eq=False)
class OrganizationTree:
    units: Mapping[str, OrganizationalUnit] = field(default_factory=lambda: MappingProxyType({}))
    units_of_accounts: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def chain(self, name: str) -> tuple[str, ...]:
        """The names from below the root down to the unit. Raises TreeBroken."""
        found: list[str] = []
        above = name
        while above:
            unit = self.units.get(above)
            if unit is None:
                raise TreeBroken(f"there is no organizational unit `{above[:_SHOWN]}`")
            if above in found:
                raise TreeBroken(f"the organizational unit `{above[:_SHOWN]}` is above itself")
            found.append(above)
            if len(found) > MOST_LEVELS:
                raise TreeBroken(f"`{name[:_SHOWN]}` stands deeper than {MOST_LEVELS} units below the root")
            above = unit.parent
        return tuple(reversed(found))

    def chain_of_account(self, account: str) -> tuple[str, ...]:
        """Empty for an account directly below the root. Raises TreeBroken."""
        own = self.units_of_accounts.get(account, ())
        if len(own) > 1:
            raise TreeBroken(f"the account {account[:_SHOWN]} is in two organizational units")
        return self.chain(own[0]) if own else ()


def tree_of(units: Iterable[OrganizationalUnit]) -> OrganizationTree:
    by_name = {unit.name: unit for unit in units}
    placed: dict[str, list[str]] = {}
    for unit in by_name.values():
        for account in unit.accounts:
            placed.setdefault(account, []).append(unit.name)
    return OrganizationTree(by_name, {account: tuple(names) for account, names in placed.items()})


def organization_id(first_account: str) -> str:
    """`o-` and ten characters."""
    return f"o-{ids.derived_lower_id(f'organization:{first_account}', length=10)}"


def organization_path(first_account: str, chain: Sequence[str]) -> str:
    """As `aws:PrincipalOrgPaths` has it: `o-.../r-.../ou-.../`, always with a slash at its end."""
    root = ids.derived_lower_id(f"root:{first_account}", length=4)
    units = [f"ou-{root}-{ids.derived_lower_id(f'unit:{first_account}:{name}', length=8)}" for name in chain]
    return "/".join([organization_id(first_account), f"r-{root}", *units, ""])
