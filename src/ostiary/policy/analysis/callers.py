"""Of whom does a statement speak, compared with another?

A grant depends on how directly a policy names the caller (see `language.principals.Reach`): a user who is named is not
limited by a permissions boundary, a role or an account is. A policy that names somebody more directly than the other
one does therefore grants more.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum, auto

from ostiary.policy.language.principals import Principals
from ostiary.policy.model import PolicyKind


class NameKind(Enum):
    NOT_NAMED = auto()
    """A policy without principals speaks of whom it is attached to."""
    EVERYONE = auto()
    ACCOUNT = auto()
    ARN = auto()
    FEDERATED = auto()
    SERVICE = auto()


@dataclass(frozen=True, slots=True)
class Name:
    kind: NameKind
    text: str = ""


def names_of(principals: Principals | None) -> tuple[Name, ...]:
    """The names of a Principal element (not of a NotPrincipal)."""
    if principals is None:
        return (Name(NameKind.NOT_NAMED),)
    return (
        *([Name(NameKind.EVERYONE)] if principals.everyone else []),
        *(Name(NameKind.ACCOUNT, text) for text in sorted(principals.accounts)),
        *(Name(NameKind.ARN, text) for text in sorted(principals.arns)),
        *(Name(NameKind.FEDERATED, text) for text in sorted(principals.federated)),
        *(Name(NameKind.SERVICE, text) for text in sorted(principals.services)),
    )


def grants(principals: Principals | None, name: Name, kind: PolicyKind) -> bool:
    """Whether an Allow of these principals grants to everybody of the name, as directly as the name itself does."""
    if principals is None:
        return True
    return _lists(principals, name) or (principals.everyone and _is_limited(name, kind))


def _is_limited(name: Name, kind: PolicyKind) -> bool:
    """Whether a policy that says `*` grants to these callers as much as one that names them."""
    if name.kind is NameKind.ARN:
        return kind is PolicyKind.RESOURCE and ":role/" in name.text
    # Root users have neither boundary nor session policies: nothing limits `*` for them.
    return name.kind in {NameKind.EVERYONE, NameKind.ACCOUNT}


def denies(principals: Principals | None, name: Name) -> bool:
    """Whether a Deny of these principals applies to everybody of the name."""
    if principals is None or principals.negated:
        return principals is None
    if principals.everyone or _lists(principals, name):
        return True
    return name.kind is NameKind.ARN and _account_of(name.text) in principals.accounts


def denies_all_of(principals: Principals | None, other: Principals | None) -> bool:
    """Whether a Deny of these principals applies to everybody to whom a Deny of the others applies."""
    if principals is None or other is None:
        return principals is None
    if principals.negated or other.negated:
        return content_of(principals) == content_of(other) or (principals.everyone and not principals.negated)
    return all(denies(principals, name) for name in names_of(other))


def may_concern(principals: Principals | None, name: Name) -> bool:
    """Whether a Deny of these principals may apply to somebody of the name."""
    if principals is None or name.kind is NameKind.NOT_NAMED:
        return True
    # Whom NotPrincipal spares depends on more than the name.
    return principals.negated or principals.everyone or _lists(principals, name) or _may_meet(principals, name)


def _may_meet(principals: Principals, name: Name) -> bool:
    match name.kind:
        case NameKind.EVERYONE:
            # `*` grants to members of accounts and to anonymous callers, never to outside identities and services.
            return bool(principals.accounts or principals.arns)
        case NameKind.ACCOUNT:
            return name.text in map(_account_of, principals.arns)
        case NameKind.ARN:
            in_account = _account_of(name.text) in principals.accounts
            return in_account or any(_may_be_one(name.text, other) for other in principals.arns)
        case _:
            return False


def _lists(principals: Principals, name: Name) -> bool:
    listed = {
        NameKind.ACCOUNT: principals.accounts,
        NameKind.ARN: principals.arns,
        NameKind.FEDERATED: principals.federated,
        NameKind.SERVICE: principals.services,
    }
    return name.text in listed.get(name.kind, ())


def content_of(principals: Principals | None) -> Hashable:
    """Equal for elements that say the same."""
    if principals is None:
        return None
    return (
        principals.negated,
        principals.everyone,
        principals.accounts,
        principals.arns,
        principals.federated,
        principals.services,
    )


def _account_of(arn: str) -> str:
    return arn.split(":")[4]


def _may_be_one(one: str, other: str) -> bool:
    return one == other or _may_be_session_of(one, other) or _may_be_session_of(other, one)


def _may_be_session_of(session: str, owner: str) -> bool:
    """A role's session has the role's name without its path; a federated user's may have any name."""
    if _account_of(session) != _account_of(owner):
        return False
    if ":federated-user/" in session:
        return ":user/" in owner
    _, _, inside = session.partition(":assumed-role/")
    return bool(inside) and ":role/" in owner and inside.split("/")[0] == owner.rpartition("/")[2]
