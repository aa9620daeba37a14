"""How does a new organization come to be? Root key, database, first keys, first administrator and her link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from ostiary.app.data_directory import DataDirectory, DataDirectoryUnusable
from ostiary.app.passwords import DEFAULT_MILLISECONDS, measure_here
from ostiary.domain.access import builtin
from ostiary.domain.access.authorizer import Authorizer
from ostiary.domain.access.index import AccessIndex
from ostiary.domain.access.model import Assignment, PermissionSet
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.sealer import trail_identity
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.server_keys import load_server_keys, make_first_keys, raise_password_cost
from ostiary.domain.directory.model import Account, Directory, Group, Organization, PersonKind
from ostiary.domain.directory.people import check_organization_name
from ostiary.domain.sessions.operator_credentials import operator
from ostiary.domain.signin.invitation import Invitation, Invitations, Invitee
from ostiary.kit import ids
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.password_cost import PasswordCost
from ostiary.kit.crypto.sealing import RootKey
from ostiary.kit.current import Current
from ostiary.storage.engine import Database, open_database
from ostiary.storage.migrate import migrate
from ostiary.storage.transaction import Transaction

ADMINISTRATORS = "administrators"
ADMINISTRATOR_ACCESS = "AdministratorAccess"


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    user_name: str
    display_name: str
    email: str


@dataclass(frozen=True, slots=True)
class Initialized:
    """`invitation` holds the enrolment link, which is shown once: only its hash is kept."""

    organization: str
    account: str
    invitation: Invitation
    verifier_key: str


def initialize(
    directory: DataDirectory,
    *,
    name: str,
    administrator: FirstAdministrator,
    database_url: str,
    issuer: str,
    clock: Clock,
    step: Callable[[str, int, int], None],
) -> Initialized:
    """Raises DataDirectoryUnusable when there is an organization already, here or in the database.

    A start that failed leaves nothing behind that the next try would take for an organization.
    """
    checked = check_organization_name(name)
    database = open_database(database_url)
    step("root key", 0, 1)
    root = directory.create()
    step("root key", 1, 1)
    try:
        step("database", 0, 1)
        migrate(database)
        _check_empty(database)
        step("database", 1, 1)
        step("password cost", 0, 1)
        cost = measure_here(DEFAULT_MILLISECONDS)
        step("password cost", 1, 1)
        made = _fill(database, root, name=checked, administrator=administrator, issuer=issuer, clock=clock, cost=cost)
    except BaseException:
        database.close()
        directory.abandon()
        raise
    database.close()
    directory.verifier_key_file.write_text(made.verifier_key + "\n", encoding="ascii")
    return made


def _check_empty(database: Database) -> None:
    """Another organization's database is not touched: new keys beside its own would lock its server out."""
    with database.read() as tx:
        found = tx.directory.organization()
    if found is not None:
        raise DataDirectoryUnusable(
            f"that database already holds the organization `{found.name}`: give an empty one, or use the data"
            " directory that it belongs to"
        )


def _fill(
    database: Database,
    root: RootKey,
    *,
    name: str,
    administrator: FirstAdministrator,
    issuer: str,
    clock: Clock,
    cost: PasswordCost,
) -> Initialized:
    account, now = ids.account_id(), clock.now()
    authorizer = Authorizer(index=Current(AccessIndex()), clock=clock)
    invitations = Invitations(transactions=database, authorizer=authorizer, clock=clock, issuer=issuer)

    def work(tx: Transaction) -> Invitation:
        if tx.directory.organization() is not None:
            raise DataDirectoryUnusable("another `ostiary init` was faster: that database holds an organization now")
        make_first_keys(tx.server_keys, root, now=now)
        raise_password_cost(tx.server_keys, root, cost, now=now)
        _add_organization(tx, name=name, account=account, now=now)
        _add_rights(tx, account=account, now=now)
        invitation = invitations.invite_in(tx, operator(account), _as_invitee(administrator))
        first = replace(invitation.person, kind=PersonKind.FIRST_ADMINISTRATOR)
        tx.directory.put_person(first)
        return replace(invitation, person=first)

    invitation = database.write(work)
    with database.read() as tx:
        keys = load_server_keys(tx.server_keys, root, now=now)
    identity = trail_identity(account, keys.checkpoint_seed)
    return Initialized(
        organization=name,
        account=account,
        invitation=invitation,
        verifier_key=identity.signer.verifier_key,
    )


def _add_organization(tx: Transaction, *, name: str, account: str, now: datetime) -> None:
    tx.directory.put_organization(Organization(name=name, account=account, created_at=now))
    tx.directory.put_account(Account(account_id=account, name="main"))
    for population in ("workforce", "partners", "consumers"):
        tx.directory.put_directory(Directory(name=population))
    event = event_of(operator(account), EventName.INITIALIZE_ORGANIZATION, at=now, details={"organization": name})
    tx.audit.append(event)


def _add_rights(tx: Transaction, *, account: str, now: datetime) -> None:
    tx.directory.put_group(Group(name=ADMINISTRATORS, owner="operator", purpose="May do everything in every account"))
    tx.access.put_role(builtin.administrator_role(account, now=now))
    everything = PermissionSet(
        name=ADMINISTRATOR_ACCESS, description="May do everything", policies={"Everything": builtin.ALLOW_ALL}
    )
    tx.access.put_permission_set(everything)
    tx.access.put_assignment(Assignment(group=ADMINISTRATORS, permission_set=everything.name, account=account))


def _as_invitee(wanted: FirstAdministrator) -> Invitee:
    return Invitee(
        user_name=wanted.user_name,
        display_name=wanted.display_name,
        email=wanted.email,
        groups=(ADMINISTRATORS,),
    )
