"""Which organization, directories, attributes, groups and people does the file want?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ostiary.app.organization.document import (
    AttributeEntry,
    Declared,
    DirectoryEntry,
    GroupEntry,
    OrganizationEntry,
    PersonEntry,
)
from ostiary.app.organization.kept import Key
from ostiary.app.organization.references import References
from ostiary.domain.audit.errors import DomainError
from ostiary.domain.directory.attributes import check_attributes
from ostiary.domain.directory.model import (
    Account,
    AttributeDefinition,
    Directory,
    Group,
    Organization,
    Person,
    PersonStatus,
)
from ostiary.domain.directory.people import (
    check_display_name,
    check_email,
    check_organization_name,
    check_user_name,
    has_moved,
)
from ostiary.kit import ids

_FIRST_DIRECTORY = "workforce"


def wanted_organization(refs: References) -> dict[Key, Organization]:
    wanted: dict[Key, Organization] = {}
    for one in refs.document.declared("organization", OrganizationEntry):
        wanted[refs.kept.organization.account,] = replace(refs.kept.organization, name=_organization_name(refs, one))
    return wanted


def _organization_name(refs: References, one: Declared[OrganizationEntry]) -> str:
    try:
        return check_organization_name(one.entry.name)
    except DomainError as failure:
        refs.refuse(one, "name", failure.client_text)
        return one.entry.name


def wanted_accounts(refs: References) -> dict[Key, Account]:
    """Those that are kept, with the names that the file gives them, and new ones."""
    return {(account_id,): account for account_id, account in refs.accounts.items()}


def wanted_directories(refs: References) -> dict[Key, Directory]:
    wanted: dict[Key, Directory] = {}
    seen: dict[str, int] = {}
    for one in refs.document.declared("directory", DirectoryEntry):
        entry = one.entry
        refs.check_once(seen, entry.name, one, key="name", what=f"the directory `{entry.name}`")
        known = refs.kept.directories.get(entry.name, Directory(name=entry.name))
        wanted[entry.name,] = Directory(
            name=entry.name,
            password_profile=entry.password_profile or known.password_profile,
            session_minutes=entry.session_minutes or known.session_minutes,
            idle_minutes=entry.idle_minutes or known.idle_minutes,
        )
    return wanted


def wanted_attributes(refs: References) -> dict[Key, AttributeDefinition]:
    seen: dict[str, int] = {}
    for one in refs.document.declared("attribute", AttributeEntry):
        name = one.entry.name
        refs.check_once(seen, name.lower(), one, key="name", what=f"the attribute `{name}`, whatever its case,")
        if one.entry.access and one.entry.self_editable:
            refs.refuse(
                one,
                "self_editable",
                f"`{name}` carries access: who may edit it could give it to herself; set self_editable or access only",
            )
    return {(name,): definition for name, definition in refs.definitions().items()}


def wanted_groups(refs: References) -> dict[Key, Group]:
    wanted: dict[Key, Group] = {}
    seen: dict[str, int] = {}
    for one in refs.document.declared("group", GroupEntry):
        refs.check_once(seen, one.entry.name, one, key="name", what=f"the group `{one.entry.name}`")
        refs.check_owner(one, one.entry.owner)
        wanted[one.entry.name,] = Group(one.entry.name, one.entry.owner, one.entry.purpose)
    return wanted


def wanted_people(refs: References) -> dict[Key, Person]:
    wanted: dict[Key, Person] = {}
    seen: dict[str, int] = {}
    definitions = refs.definitions()
    for one in refs.document.declared("person", PersonEntry):
        person = _person(refs, one, definitions)
        if person is not None:
            refs.check_once(seen, person.user_name, one, key="user_name", what=f"the person `{person.user_name}`")
            wanted[person.user_name,] = person
    return wanted


def _person(
    refs: References, one: Declared[PersonEntry], definitions: Mapping[str, AttributeDefinition]
) -> Person | None:
    entry = one.entry
    user_name = _checked(refs, one, "user_name")
    if user_name is None:
        return None
    known = refs.kept.person(user_name)
    if known is None and entry.display_name is None:
        refs.refuse(one, "user_name", f"`display_name` is missing: `{user_name}` is new")
    before = known or _new_person(user_name, refs)
    email = before.email if entry.email is None else _checked(refs, one, "email") or ""
    person = replace(
        before,
        display_name=_checked(refs, one, "display_name") or before.display_name,
        email=email,
        email_verified_at=None if has_moved(before.email, email) else before.email_verified_at,
        directory=entry.directory or before.directory,
        groups=before.groups if entry.groups is None else tuple(sorted(set(entry.groups))),
        attributes=before.attributes if entry.attributes is None else _attributes(entry.attributes),
    )
    _check_person(refs, one, person, definitions)
    return replace(person, status=_status(refs, before, entry.status))


def _check_person(
    refs: References, one: Declared[PersonEntry], person: Person, definitions: Mapping[str, AttributeDefinition]
) -> None:
    if person.directory not in refs.directories:
        refs.refuse(one, "directory", f"there is no directory `{person.directory}`: declare it in [[directory]]")
    for group in person.groups:
        refs.check_group(one, "groups", group)
    for name, value in person.attributes.items():
        try:
            check_attributes({name: value}, list(definitions.values()))
        except DomainError as failure:
            refs.refuse(one, f"attributes.{name}", failure.client_text)


def _checked(refs: References, one: Declared[PersonEntry], key: str) -> str | None:
    """The value in the form in which it is kept; None when there is none or, with a problem, when it is wrong."""
    check = {"user_name": check_user_name, "display_name": check_display_name, "email": check_email}[key]
    given = getattr(one.entry, key)
    try:
        return None if given is None else check(given)
    except DomainError as failure:
        refs.refuse(one, key, failure.client_text)
        return None


def _new_person(user_name: str, refs: References) -> Person:
    return Person(
        person_id=ids.uuid7(),
        directory=_FIRST_DIRECTORY,
        user_name=user_name,
        display_name=user_name,
        email="",
        status=PersonStatus.INVITED,
        created_at=refs.now,
    )


def _attributes(given: Mapping[str, str | int | bool]) -> dict[str, str]:
    return {name: _text(value) for name, value in sorted(given.items())}


def _text(value: str | int) -> str:
    """A boolean is an integer to Python, and has its own text in an attribute."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _status(refs: References, before: Person, wanted: str | None) -> PersonStatus:
    """Who comes back without credentials must enrol again; `active` lets an invitation stay one."""
    if wanted == "disabled":
        return PersonStatus.DISABLED
    if wanted == "active" and before.status is PersonStatus.DISABLED:
        return PersonStatus.ACTIVE if refs.kept.is_enrolled(before) else PersonStatus.INVITED
    return before.status
