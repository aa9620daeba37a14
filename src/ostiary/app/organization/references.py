"""Does what the file names exist, when the file has been applied? And are its policies policies?"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from ostiary.app.initialization import ADMINISTRATOR_ACCESS, ADMINISTRATORS
from ostiary.app.organization.document import (
    AccountEntry,
    AttributeEntry,
    Declared,
    DirectoryEntry,
    Document,
    Entry,
    GroupEntry,
    IssuerTrustEntry,
    OrganizationalUnitEntry,
    PermissionSetEntry,
    PersonEntry,
    Problem,
    printable,
)
from ostiary.app.organization.kept import Kept
from ostiary.domain.access.model import OrganizationalUnit
from ostiary.domain.access.organization_tree import (
    OrganizationTree,
    TreeBroken,
    organization_id,
    organization_path,
    tree_of,
)
from ostiary.domain.directory.model import Account, AttributeDefinition
from ostiary.domain.directory.people import find_user_name
from ostiary.domain.federation.model import IssuerTrust
from ostiary.kit import ids
from ostiary.kit.crypto.jose import JoseError, parse_jwks
from ostiary.policy import Policy, PolicyError, PolicyKind, parse_policy

OPERATOR = "operator"  # may own what people do not own yet
_VARIABLE = re.compile(r"\$\{(account|unit|organization)(?:/([^}]*))?\}")
_MAX_SHOWN = 100


class References:
    """The names that hold after the file was applied, and the list of everything that is wrong."""

    def __init__(self, document: Document, kept: Kept, *, now: datetime) -> None:
        self.document = document
        self.now = now
        self.kept = kept
        self.problems: list[Problem] = []
        self.accounts = self._accounts()
        self.groups = self._names("group", GroupEntry, set(kept.groups)) | (kept.groups.keys() & {ADMINISTRATORS})
        self.permission_sets = self._names("permission_set", PermissionSetEntry, set(kept.permission_sets)) | (
            kept.permission_sets.keys() & {ADMINISTRATOR_ACCESS}
        )
        self.directories = set(kept.directories) | {
            d.entry.name for d in document.declared("directory", DirectoryEntry)
        }
        self.user_names = {
            find_user_name(one.entry.user_name) or "" for one in document.declared("person", PersonEntry)
        } - {""}

    @cached_property
    def tree(self) -> OrganizationTree:
        """The units by their names; each entry is checked where it stands."""
        if not self.document.speaks_of("organizational_unit"):
            return tree_of(self.kept.units.values())
        entries = (one.entry for one in self.document.declared("organizational_unit", OrganizationalUnitEntry))
        return tree_of(OrganizationalUnit(entry.name, entry.parent or "") for entry in entries)

    def refuse(self, where: Declared[Entry], key: str, text: str) -> None:
        self.problems.append(Problem(where.line_of(key), text))

    def check_once(self, seen: dict[Any, int], name: Any, where: Declared[Entry], *, key: str, what: str) -> None:
        """Two entries for one thing contradict each other, even when they are equal."""
        if name in seen:
            self.refuse(where, key, f"{what} stands twice: also on line {seen[name]}")
        seen.setdefault(name, where.line_of(key))

    def account(self, where: Declared[Entry], given: str | None, *, key: str = "account") -> str:
        """The id of the account that is named by id or name; the organization's first account when none is."""
        if given is None:
            return self.kept.organization.account
        found = self._account_called(given)
        if found is None:
            self.refuse(where, key, f"there is no account `{_shown(given)}`: declare it in [[account]]")
        return found or ""

    def check_group(self, where: Declared[Entry], key: str, name: str) -> None:
        if name not in self.groups:
            self.refuse(where, key, f"there is no group `{_shown(name)}`: declare it in [[group]]")

    def check_permission_set(self, where: Declared[Entry], name: str) -> None:
        if name not in self.permission_sets:
            self.refuse(where, "permission_set", f"there is no permission set `{_shown(name)}`: declare it")

    def check_owner(self, where: Declared[Entry], owner: str) -> None:
        """An owner is a person or a group, or the operator."""
        user_name = find_user_name(owner) or ""
        if owner == OPERATOR or owner in self.groups or user_name in self.user_names:
            return
        if not user_name or self.kept.person(user_name) is None:
            self.refuse(where, "owner", f"the owner `{_shown(owner)}` is neither a person nor a group: declare one")

    def definitions(self) -> Mapping[str, AttributeDefinition]:
        if not self.document.speaks_of("attribute"):
            return self.kept.definitions
        entries = [one.entry for one in self.document.declared("attribute", AttributeEntry)]
        return {
            e.name: AttributeDefinition(e.name, e.type, e.source, access=e.access, self_editable=e.self_editable)
            for e in entries
        }

    def trusted_issuers(self) -> set[tuple[str, str]]:
        """Pairs of account and issuer."""
        if not self.document.speaks_of("issuer_trust"):
            return set(self.kept.issuer_trusts)
        entries = [one.entry for one in self.document.declared("issuer_trust", IssuerTrustEntry)]
        named = ((self._account_called(e.account) if e.account else self.kept.organization.account, e) for e in entries)
        return {(account, entry.issuer) for account, entry in named if account is not None}

    def provider_arns(self) -> set[str]:
        return {IssuerTrust(account, issuer, (), self.now).arn for account, issuer in self.trusted_issuers()}

    def policy(
        self, where: Declared[Entry], key: str, given: str | dict[str, Any], *, kind: PolicyKind, account: str | None
    ) -> tuple[str, Policy | None]:
        """The JSON text with accounts put in, and what it says; None, and a problem, when it is not a policy."""
        try:
            text = given.strip() if isinstance(given, str) else json.dumps(given, ensure_ascii=False, allow_nan=False)
            text = self._with_ids(text, account)
            return text, parse_policy(text, policy_id=key, kind=kind)
        except PolicyError as failure:
            self.refuse(where, key, f"`{key}` is not a policy: {printable(str(failure))}")
        except (TypeError, ValueError, RecursionError) as failure:
            self.refuse(where, key, f"`{key}` cannot be a policy: {printable(str(failure))}")
        return "", None

    def policies(
        self, where: Declared[Entry], given: Mapping[str, str | dict[str, Any]], *, account: str | None
    ) -> dict[str, str]:
        """The identity policies of a role, permission set or user."""
        read = {
            name: self.policy(where, f"policies.{name}", policy, kind=PolicyKind.IDENTITY, account=account)
            for name, policy in sorted(given.items())
        }
        return {name: text for name, (text, _policy) in read.items()}

    def key_set(self, where: Declared[Entry], inline: str | dict[str, Any] | None, file: str | None) -> str:
        """The key set's JSON text; private keys and weak ones are refused."""
        key = "jwks" if inline is not None else "jwks_file"
        if inline is not None and file is not None:
            self.refuse(where, "jwks_file", "jwks and jwks_file stand side by side: keep one")
            return ""
        try:
            text = self._key_set_text(inline, file)
            if text and not parse_jwks(text.encode()).keys:
                self.refuse(where, key, f"`{key}` has no key that could verify a signature")
        except OSError as failure:
            self.refuse(where, key, f"`{_shown(file or '')}` cannot be read: {failure.strerror}")
        except (JoseError, TypeError, ValueError, RecursionError) as failure:
            self.refuse(where, key, f"`{key}` is not a key set: {printable(str(failure))}")
        else:
            return text
        return ""

    def _key_set_text(self, inline: str | dict[str, Any] | None, file: str | None) -> str:
        if file is not None:
            return (self.document.folder / file).read_text(encoding="utf-8").strip()
        return json.dumps(inline, allow_nan=False) if isinstance(inline, dict) else (inline or "").strip()

    def _accounts(self) -> dict[str, Account]:
        """Kept and declared; a new account without an id gets one."""
        accounts = dict(self.kept.accounts)
        seen: dict[str, int] = {}
        seen_ids: dict[str, int] = {}
        for one in self.document.declared("account", AccountEntry):
            self.check_once(seen, one.entry.name, one, key="name", what=f"the account `{one.entry.name}`")
            known = next((a.account_id for a in self.kept.accounts.values() if a.name == one.entry.name), None)
            account_id = one.entry.id or known or ids.account_id()
            if known is not None and known != account_id:
                self.refuse(one, "id", f"the account `{one.entry.name}` is {known}: an account's id never changes")
            self.check_once(seen_ids, account_id, one, key="id", what=f"the account {account_id}")
            accounts[account_id] = Account(account_id, one.entry.name)
        return accounts

    def _account_called(self, text: str) -> str | None:
        if text in self.accounts:
            return text
        return next((a.account_id for a in self.accounts.values() if a.name == text), None)

    def _names(self, kind: str, entry_type: type[GroupEntry | PermissionSetEntry], kept: set[str]) -> set[str]:
        if not self.document.speaks_of(kind):
            return kept
        return {one.entry.name for one in self.document.declared(kind, entry_type)}

    def _with_ids(self, text: str, account: str | None) -> str:
        """`${account}` is the account of what the policy belongs to, `${account/NAME}` another one's id.

        `${organization}` is the organization's id, `${unit/NAME}` the path of a unit from it. Raises ValueError.
        """

        def replaced(found: re.Match[str]) -> str:
            match found.groups():
                case "account", name:
                    return self._account_id(name, account)
                case "unit", str(name):
                    return self._unit_path(name)
                case "organization", None:
                    return organization_id(self.kept.organization.account)
                case _:
                    raise ValueError(f"`{_shown(found.group())}` is neither a variable of this file nor of policies")

        return _VARIABLE.sub(replaced, text)

    def _account_id(self, name: str | None, account: str | None) -> str:
        account_id = account if name is None else self._account_called(name)
        if account_id is None and name is None:
            raise ValueError("this policy is for many accounts: write `${account/NAME}` or a policy variable")
        if account_id is None:
            raise ValueError(f"there is no account `{_shown(str(name))}`")
        return account_id

    def _unit_path(self, name: str) -> str:
        try:
            return organization_path(self.kept.organization.account, self.tree.chain(name))
        except TreeBroken as broken:
            raise ValueError(str(broken)) from None


def _shown(text: str) -> str:
    cleaned = printable(text)
    return cleaned if len(cleaned) <= _MAX_SHOWN else cleaned[:_MAX_SHOWN] + "…"
