"""How are the organization, its accounts, people, groups, attributes and workloads kept?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, Table, bindparam, delete, func, insert, select, update

from ostiary.domain.directory.model import (
    Account,
    AttributeDefinition,
    Directory,
    Group,
    Organization,
    Person,
    PersonKind,
    PersonStatus,
    TermsAcceptance,
    Workload,
)
from ostiary.policy.casing import lower_ascii
from ostiary.storage.facts import Fact, many, one, put, values_of
from ostiary.storage.generations import Topic, raise_generation
from ostiary.storage.prepared import rows
from ostiary.storage.schema import (
    account,
    attribute_definition,
    directory,
    group,
    membership,
    one_time_link,
    organization,
    person,
    terms_acceptance,
    workload,
)

_ORGANIZATION = select(organization.c.name, organization.c.account, organization.c.created_at)
_DIRECTORY = select(directory).where(directory.c.name == bindparam("name"))
_WORKLOAD = select(workload).where(workload.c.name == bindparam("name"))
_BY_ID = select(person).where(person.c.person_id == bindparam("person_id"))
_BY_USER_NAME = select(person).where(person.c.user_name == bindparam("user_name"))
_BY_EMAIL = select(person).where(func.lower(person.c.email) == bindparam("email")).limit(2)
_MEMBERS = (
    select(person)
    .join(membership)
    .where(membership.c.group_name == bindparam("group_name"))
    .order_by(person.c.user_name)
)
_ACCEPTANCES = (
    select(terms_acceptance)
    .where(terms_acceptance.c.person_id == bindparam("person_id"))
    .order_by(terms_acceptance.c.accepted_at, terms_acceptance.c.version)
)
_GROUPS_OF = (
    select(membership.c.group_name)
    .where(membership.c.person_id == bindparam("person_id"))
    .order_by(membership.c.group_name)
)


class DirectoryTable:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._organization: Organization | None = None  # as this transaction sees it

    def organization(self) -> Organization | None:
        if self._organization is None:
            self._organization = one(self._connection, _ORGANIZATION, Organization)
        return self._organization

    def put_organization(self, organization_: Organization) -> None:
        self._organization = None
        self._put(organization, {"id": 1, **values_of(organization_)})

    def accounts(self) -> Sequence[Account]:
        return many(self._connection, select(account).order_by(account.c.account_id), Account)

    def put_account(self, account_: Account) -> None:
        self._put(account, account_)

    def delete_account(self, account_id: str) -> None:
        self._delete(account, account_id=account_id)

    def directories(self) -> Sequence[Directory]:
        return many(self._connection, select(directory).order_by(directory.c.name), Directory)

    def directory(self, name: str) -> Directory | None:
        return one(self._connection, _DIRECTORY, Directory, name=name)

    def put_directory(self, directory_: Directory) -> None:
        self._put(directory, directory_)

    def delete_directory(self, name: str) -> None:
        self._delete(directory, name=name)

    def person(self, person_id: str) -> Person | None:
        return self._person(_BY_ID, person_id=person_id)

    def person_by_user_name(self, user_name: str) -> Person | None:
        return self._person(_BY_USER_NAME, user_name=user_name)

    def person_by_email(self, email: str) -> Person | None:
        found = self._with_email(email)
        return self.person(found[0]["person_id"]) if len(found) == 1 else None

    def has_email(self, email: str) -> bool:
        return bool(self._with_email(email))

    def people_of_kind(self, kind: PersonKind) -> Sequence[Person]:
        statement = select(person).where(person.c.kind == kind).order_by(person.c.user_name)
        rows = self._connection.execute(statement).mappings().all()
        return [Person(**row, groups=self._groups_of(row["person_id"])) for row in rows]

    def members(self, group: str, *, limit: int) -> Sequence[Person]:
        rows = self._connection.execute(_MEMBERS.limit(limit), {"group_name": group}).mappings().all()
        return [Person(**row, groups=self._groups_of(row["person_id"])) for row in rows]

    def people(self, *, after_user_name: str = "", limit: int = 1000) -> Sequence[Person]:
        statement = select(person).where(person.c.user_name > after_user_name).order_by(person.c.user_name)
        rows = self._connection.execute(statement.limit(limit)).mappings().all()
        if not rows:
            return []
        name = person.c.user_name
        page = (name >= rows[0]["user_name"]) & (name <= rows[-1]["user_name"])
        groups: defaultdict[str, list[str]] = defaultdict(list)
        memberships = select(membership.c.person_id, membership.c.group_name).join(person).where(page)
        for person_id, name in self._connection.execute(memberships.order_by(membership.c.group_name)):
            groups[person_id].append(name)
        return [Person(**row, groups=tuple(groups[row["person_id"]])) for row in rows]

    def put_person(self, person_: Person) -> None:
        values = values_of(person_)
        wanted = set(values.pop("groups"))
        put(self._connection, person, values)
        kept = set(self._groups_of(person_.person_id))
        mine = membership.c.person_id == person_.person_id
        for name in sorted(kept - wanted):
            self._connection.execute(delete(membership).where(mine, membership.c.group_name == name))
        added = [{"person_id": person_.person_id, "group_name": name} for name in sorted(wanted - kept)]
        if added:
            self._connection.execute(insert(membership), added)

    def delete_person(self, person_id: str) -> None:
        self._connection.execute(delete(one_time_link).where(one_time_link.c.person_id == person_id))
        self._connection.execute(delete(person).where(person.c.person_id == person_id))

    def terms_acceptances(self, person_id: str) -> Sequence[TermsAcceptance]:
        return many(self._connection, _ACCEPTANCES, TermsAcceptance, person_id=person_id)

    def put_terms_acceptance(self, acceptance: TermsAcceptance) -> None:
        put(self._connection, terms_acceptance, acceptance)

    def set_person_status(self, person_id: str, status: PersonStatus) -> None:
        self._connection.execute(update(person).where(person.c.person_id == person_id).values(status=status))

    def groups(self) -> Sequence[Group]:
        return many(self._connection, select(group).order_by(group.c.name), Group)

    def put_group(self, group_: Group) -> None:
        self._put(group, group_)

    def delete_group(self, name: str) -> None:
        """Raises FactsConflict while it has members or assignments."""
        self._delete(group, name=name)

    def attribute_definitions(self) -> Sequence[AttributeDefinition]:
        statement = select(attribute_definition).order_by(attribute_definition.c.name)
        return many(self._connection, statement, AttributeDefinition)

    def put_attribute_definition(self, definition: AttributeDefinition) -> None:
        self._put(attribute_definition, definition)

    def delete_attribute_definition(self, name: str) -> None:
        self._delete(attribute_definition, name=name)

    def workloads(self) -> Sequence[Workload]:
        return many(self._connection, select(workload).order_by(workload.c.name), Workload)

    def workload(self, name: str) -> Workload | None:
        return one(self._connection, _WORKLOAD, Workload, name=name)

    def put_workload(self, workload_: Workload) -> None:
        self._put(workload, workload_)

    def delete_workload(self, name: str) -> None:
        self._delete(workload, name=name)

    def _person(self, statement: Select[Any], **key: str) -> Person | None:
        found = rows(self._connection, statement, key)  # by what is unique
        return Person(**found[0], groups=self._groups_of(found[0]["person_id"])) if found else None

    def _with_email(self, email: str) -> Sequence[RowMapping]:
        if not email:
            return []
        return self._connection.execute(_BY_EMAIL, {"email": lower_ascii(email)}).mappings().all()

    def _groups_of(self, person_id: str) -> tuple[str, ...]:
        return tuple(row["group_name"] for row in rows(self._connection, _GROUPS_OF, {"person_id": person_id}))

    def _put(self, table: Table, fact: Fact | dict[str, Any]) -> None:
        put(self._connection, table, fact)
        raise_generation(self._connection, Topic.DIRECTORY)

    def _delete(self, table: Table, **key: str) -> None:
        self._connection.execute(delete(table).filter_by(**key))
        raise_generation(self._connection, Topic.DIRECTORY)
