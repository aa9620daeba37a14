"""How does an application get a new secret without a gap? (BP02-20, BP03-22)

Two secrets are valid at once at most: the new one, and the one before it for the overlap.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from ostiary.domain.access.authorizer import Authorizer
from ostiary.domain.applications.errors import InvalidApplication, UnknownApplication
from ostiary.domain.applications.model import Application, ClientAuthentication, ClientSecret
from ostiary.domain.applications.ports import ApplicationSlice
from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.ports import AuditSlice
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.directory.ports import DirectorySlice
from ostiary.kit import ids
from ostiary.kit.clock import Clock, iso
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.kit.redaction import Secret
from ostiary.kit.transactions import Transactions

ROTATE_ACTION = "ostiary:RotateClientSecret"
SECRET_PREFIX = "ostc"  # noqa: S105 - what every such secret begins with
DEFAULT_LIFE = timedelta(days=90)
MAX_LIFE = timedelta(days=365)
_MOST = 2


class ClientSecretSlice(ApplicationSlice, DirectorySlice, AuditSlice, Protocol): ...


class ClientSecrets:
    def __init__(self, *, transactions: Transactions[ClientSecretSlice], authorizer: Authorizer, clock: Clock) -> None:
        self._transactions = transactions
        self._authorizer = authorizer
        self._clock = clock

    def rotate(self, caller: Caller, client_id: str, *, life: timedelta = DEFAULT_LIFE) -> Secret:
        """A new secret, shown this once; the newest before it lives on until its own end, older ones are deleted.

        Raises AccessDenied, UnknownApplication, InvalidApplication.
        """
        if not timedelta(0) < life <= MAX_LIFE:
            raise InvalidApplication(f"a client secret lives up to {MAX_LIFE.days} days")
        with self._transactions.read() as tx:
            application, account = _application(tx, client_id), _account(tx)
        self._authorizer.authorize(caller, ROTATE_ACTION, application.arn, resource_account=account)
        text = ids.opaque_token(SECRET_PREFIX)
        now = self._clock.now()
        fresh = ClientSecret(ids.uuid7(), client_id, hash_secret(text), now, now + life)
        self._transactions.write(lambda tx: _replace(tx, caller, fresh, now))
        return Secret(text)


def _replace(tx: ClientSecretSlice, caller: Caller, fresh: ClientSecret, now: datetime) -> None:
    application = _application(tx, fresh.client_id)
    if application.authentication is not ClientAuthentication.SECRET_BASIC:
        raise InvalidApplication(
            f"`{fresh.client_id}` proves itself by {application.authentication.value} and has no secret"
        )
    before = [secret for secret in tx.applications.client_secrets() if secret.client_id == fresh.client_id]
    living = sorted((s for s in before if s.expires_at > now), key=lambda s: (s.created_at, s.secret_id), reverse=True)
    for secret in before:
        if secret not in living[: _MOST - 1]:
            tx.applications.delete_client_secret(secret.secret_id)
    tx.applications.put_client_secret(fresh)
    details = {"secretId": fresh.secret_id, "expiration": iso(fresh.expires_at)}
    tx.audit.append(
        event_of(caller, EventName.ROTATE_CLIENT_SECRET, at=now, resources=[application.arn], details=details)
    )


def _application(tx: ApplicationSlice, client_id: str) -> Application:
    for application in tx.applications.applications():
        if application.client_id == client_id:
            return application
    raise UnknownApplication(f"there is no application `{client_id[:100]}`: register it first")


def _account(tx: DirectorySlice) -> str:
    organization = tx.directory.organization()
    return organization.account if organization is not None else ""
