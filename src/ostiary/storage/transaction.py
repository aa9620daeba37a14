"""Which slices does one transaction offer? It satisfies every room's port."""

from __future__ import annotations

from functools import cached_property

from sqlalchemy import Connection

from ostiary.storage.access import AccessTable
from ostiary.storage.applications import ApplicationTable
from ostiary.storage.audit import AuditTable
from ostiary.storage.credentials import CredentialTable
from ostiary.storage.directory import DirectoryTable
from ostiary.storage.federation import FederationTable
from ostiary.storage.generations import GenerationTable
from ostiary.storage.last_use import LastUseTable
from ostiary.storage.mail import OutboxTable
from ostiary.storage.recovery import RecoveryTable
from ostiary.storage.risk import RiskTable
from ostiary.storage.secrets import SecretTable
from ostiary.storage.server_keys import ServerKeyTable
from ostiary.storage.sessions import SessionTable
from ostiary.storage.signin_policies import SignInPolicyTable
from ostiary.storage.tokens import TokenTable


class Transaction:
    """One consistent view (read) or one unit of change (write) of everything that is kept."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @cached_property
    def generations(self) -> GenerationTable:
        return GenerationTable(self._connection)

    @cached_property
    def audit(self) -> AuditTable:
        return AuditTable(self._connection)

    @cached_property
    def last_uses(self) -> LastUseTable:
        return LastUseTable(self._connection)

    @cached_property
    def directory(self) -> DirectoryTable:
        return DirectoryTable(self._connection)

    @cached_property
    def credentials(self) -> CredentialTable:
        return CredentialTable(self._connection)

    @cached_property
    def server_keys(self) -> ServerKeyTable:
        return ServerKeyTable(self._connection)

    @cached_property
    def access(self) -> AccessTable:
        return AccessTable(self._connection)

    @cached_property
    def sessions(self) -> SessionTable:
        return SessionTable(self._connection)

    @cached_property
    def applications(self) -> ApplicationTable:
        return ApplicationTable(self._connection)

    @cached_property
    def tokens(self) -> TokenTable:
        return TokenTable(self._connection)

    @cached_property
    def secrets(self) -> SecretTable:
        return SecretTable(self._connection)

    @cached_property
    def federation(self) -> FederationTable:
        return FederationTable(self._connection)

    @cached_property
    def risk(self) -> RiskTable:
        return RiskTable(self._connection)

    @cached_property
    def signin_policies(self) -> SignInPolicyTable:
        return SignInPolicyTable(self._connection)

    @cached_property
    def outbox(self) -> OutboxTable:
        return OutboxTable(self._connection)

    @cached_property
    def recovery(self) -> RecoveryTable:
        return RecoveryTable(self._connection)

    def finish(self) -> None:
        """Write what a room kept to write at once; whoever runs a change calls this at its end."""
        if "credentials" in self.__dict__:
            self.credentials.finish()
