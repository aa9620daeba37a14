"""What is joined the same way for a worker and for a command? The database, the keys, and what memory holds of both.

A `House` is opened on a data directory whose root key opens the database's keys. Rooms are built on top of it: workers
build all of them in `wiring.py`, commands only what they need.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from ostiary.app.data_directory import DataDirectory, DataDirectoryUnusable
from ostiary.app.memory import Memory, in_place, watch
from ostiary.app.node_signal import NodeSignal
from ostiary.app.settings import database_url
from ostiary.domain.access.authorizer import Authorizer
from ostiary.domain.access.index import AccessIndex, load_access_index
from ostiary.domain.access.standing import Standings
from ostiary.domain.applications.index import ApplicationIndex, load_application_index
from ostiary.domain.audit.last_use import LastUseLog
from ostiary.domain.audit.sealer import Sealer, TrailIdentity, trail_identity
from ostiary.domain.credentials.access_keys import AccessKeyIndex, load_access_key_index
from ostiary.domain.credentials.server_keys import ServerKeys, load_server_keys
from ostiary.domain.directory.index import WorkloadIndex, load_workload_index
from ostiary.domain.directory.model import Organization
from ostiary.domain.federation.index import IssuerTrustIndex, load_issuer_trust_index
from ostiary.domain.federation.upstream_index import UpstreamIndex, load_upstream_index
from ostiary.domain.risk.machines import MachineNetworks
from ostiary.domain.secrets.shelf import SecretShelf
from ostiary.domain.sessions.issuing import RoleSessionIssuer
from ostiary.domain.sessions.operator_credentials import OperatorCredentials
from ostiary.domain.sessions.revocation import RevocationIndex, load_revocations
from ostiary.domain.signin_policy.index import SignInPolicyIndex, load_signin_policies
from ostiary.kit.clock import Clock, SystemClock
from ostiary.kit.crypto.sealing import RootKey
from ostiary.kit.current import Current
from ostiary.storage.engine import Database, open_database
from ostiary.storage.generations import Topic
from ostiary.storage.migrate import check_revision
from ostiary.storage.transaction import Transaction

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What memory holds; every part is replaced whole when it changes."""

    keys: Current[ServerKeys]
    access: Current[AccessIndex]
    access_keys: Current[AccessKeyIndex]
    workloads: Current[WorkloadIndex]
    issuer_trusts: Current[IssuerTrustIndex]
    upstreams: Current[UpstreamIndex]
    applications: Current[ApplicationIndex]
    revocations: Current[RevocationIndex]
    secrets: Current[SecretShelf]
    signin_policies: Current[SignInPolicyIndex]
    organization: Current[Organization]


class House:
    """Made by `open_house`, which closes it."""

    def __init__(
        self, *, directory: DataDirectory, database: Database, root: RootKey, clock: Clock, organization: Organization
    ) -> None:
        self.directory = directory
        self.database = database
        self.root = root
        self.clock = clock
        self.organization = organization
        self.last_use = LastUseLog()
        with database.read() as tx:
            keys = load_server_keys(tx.server_keys, root, now=clock.now())
        self.remembered = Remembered(
            keys=Current(keys),
            access=Current(AccessIndex()),
            access_keys=Current(AccessKeyIndex()),
            workloads=Current(WorkloadIndex()),
            issuer_trusts=Current(IssuerTrustIndex()),
            upstreams=Current(UpstreamIndex()),
            applications=Current(ApplicationIndex()),
            revocations=Current(RevocationIndex()),
            secrets=Current(SecretShelf()),
            signin_policies=Current(SignInPolicyIndex()),
            organization=Current(organization),
        )
        signal = NodeSignal(directory.signal_file)
        database.on_change = signal.raise_
        self.memory = _memory(database, self.remembered, root, clock, signal)
        self.memory.load()

    @cached_property
    def authorizer(self) -> Authorizer:
        return Authorizer(index=self.remembered.access, clock=self.clock)

    @cached_property
    def standings(self) -> Standings:
        return Standings(index=self.remembered.access, transactions=self.database, clock=self.clock)

    @cached_property
    def role_session_issuer(self) -> RoleSessionIssuer:
        return RoleSessionIssuer(keys=self.remembered.keys, recorder=self.database, last_use=self.last_use)

    @cached_property
    def machine_networks(self) -> MachineNetworks:
        return MachineNetworks(transactions=self.database)

    @cached_property
    def operator_credentials(self) -> OperatorCredentials:
        return OperatorCredentials(
            transactions=self.database,
            index=self.remembered.access,
            authorizer=self.authorizer,
            issuer=self.role_session_issuer,
            recorder=self.database,
        )

    @property
    def trail(self) -> TrailIdentity:
        return trail_identity(self.organization.account, self.remembered.keys.value.checkpoint_seed)

    @cached_property
    def sealer(self) -> Sealer:
        return Sealer(
            transactions=self.database,
            identity=self.trail,
            clock=self.clock,
            publish=self.directory.write_checkpoint,
            published=self.directory.read_checkpoint,
        )

    def organization_name(self) -> str:
        """As it is now: `ostiary apply` may change it."""
        return self.remembered.organization.value.name

    def flush_last_use(self) -> None:
        """Write what was used since the last flush, in one transaction, and look where machines came from."""
        elsewhere = self.last_use.drain_elsewhere()
        uses = self.last_use.drain()
        if not uses:
            return
        try:
            self.database.write_committed(lambda tx: tx.last_uses.put_last_uses(uses))
        except BaseException:
            self.last_use.give_back(uses, elsewhere)
            raise
        self.machine_networks.look([*elsewhere, *uses])


@contextmanager
def open_house(directory: DataDirectory, *, url: str = "", clock: Clock | None = None) -> Iterator[House]:
    """Raises DataDirectoryUnusable, SettingsRefused, ServerKeysUnusable, SchemaOutdated, ValueError for a bad URL."""
    house = connect(directory, url=url, clock=clock or SystemClock())
    try:
        yield house
    finally:
        house.flush_last_use()
        house.database.close()


def connect(directory: DataDirectory, *, url: str, clock: Clock) -> House:
    """As `open_house`, for a worker that closes it at its end."""
    root = directory.root_key()
    database = open_database(database_url(directory, url))
    try:
        check_revision(database)
        with database.read() as tx:
            organization = tx.directory.organization()
        return House(
            directory=directory, database=database, root=root, clock=clock, organization=_existing(organization)
        )
    except BaseException:
        database.close()
        raise


def _existing(organization: Organization | None) -> Organization:
    if organization is None:
        raise DataDirectoryUnusable("this database holds no organization: run `ostiary init` first")
    return organization


def _access(tx: Transaction, known: AccessIndex) -> AccessIndex:
    """The operator is told what is out of force, once for each change."""
    index = load_access_index(tx, previous=known)
    for finding in index.findings:
        if finding not in known.findings:
            log.warning("%s", "".join(c if c.isprintable() else "?" for c in finding))
    return index


def _memory(database: Database, remembered: Remembered, root: RootKey, clock: Clock, signal: NodeSignal) -> Memory:
    def keys(tx: Transaction, _previous: ServerKeys) -> ServerKeys:
        return load_server_keys(tx.server_keys, root, now=clock.now())

    watched = [
        watch(remembered.keys, keys, Topic.KEYS),
        watch(remembered.access, _access, Topic.ACCESS, Topic.APPLICATIONS, Topic.DIRECTORY),
        watch(remembered.organization, lambda tx, known: tx.directory.organization() or known, Topic.DIRECTORY),
        watch(remembered.access_keys, lambda tx, _known: load_access_key_index(tx), Topic.ACCESS_KEYS),
        watch(remembered.workloads, lambda tx, _known: load_workload_index(tx), Topic.DIRECTORY),
        watch(remembered.issuer_trusts, lambda tx, _known: load_issuer_trust_index(tx), Topic.FEDERATION),
        watch(remembered.upstreams, lambda tx, _known: load_upstream_index(tx), Topic.FEDERATION),
        watch(remembered.applications, lambda tx, _known: load_application_index(tx), Topic.APPLICATIONS),
        watch(remembered.signin_policies, lambda tx, _known: load_signin_policies(tx), Topic.SIGNIN, Topic.DIRECTORY),
        watch(remembered.secrets, lambda _tx, _known: SecretShelf(), Topic.SECRETS, Topic.ACCESS),
        watch(remembered.revocations, lambda tx, known: load_revocations(tx, previous=known), Topic.EPOCHS),
    ]
    return Memory(database=database, watched=watched, signal=signal, check=in_place(database))
