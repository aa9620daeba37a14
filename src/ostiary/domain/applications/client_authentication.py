"""Is this request from the application that it names? One phase for every endpoint that applications call.

RFC 6749 section 2.3 (secrets), RFC 7523 (signed assertions), RFC 9700. An application uses the one method that it is
registered with; a public one proves nothing and gets what anybody may have who holds a code or a token.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ostiary.domain.applications.client_assertion import ProvedAssertion, check_assertion, client_named_by
from ostiary.domain.applications.errors import ClientRefused
from ostiary.domain.applications.index import ApplicationIndex, Registered
from ostiary.domain.applications.model import Application, ClientAuthentication
from ostiary.domain.applications.ports import ApplicationSlice
from ostiary.domain.audit.caller import Assurance, Caller, CallerKind, Origin
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.last_use import LastUse, LastUseLog, Used
from ostiary.domain.audit.ports import AuditSlice, EventRecorder
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.throttle import Guessed, Throttle
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.secret_hash import hash_secret, matches
from ostiary.kit.current import Current
from ostiary.kit.redaction import Secret
from ostiary.kit.transactions import Transactions

_NO_SECRET = hash_secret("")
_MAX_CLIENT_ID = 128


@dataclass(frozen=True, slots=True)
class PresentedProof:
    """What a request brought. `client_id` may be empty with an assertion, which names the client itself."""

    method: ClientAuthentication
    client_id: str
    proof: Secret | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """An application that has proved itself, or a public one that nobody can."""

    application: Application
    caller: Caller


class ClientAuthenticationSlice(ApplicationSlice, AuditSlice, Protocol): ...


class ClientAuthenticator:
    """`audiences` are what an assertion may name as `aud`: the issuer and the token endpoint."""

    def __init__(
        self,
        *,
        transactions: Transactions[ClientAuthenticationSlice],
        index: Current[ApplicationIndex],
        throttle: Throttle,
        recorder: EventRecorder,
        last_use: LastUseLog,
        clock: Clock,
        audiences: frozenset[str],
    ) -> None:
        self._transactions = transactions
        self._index = index
        self._throttle = throttle
        self._recorder = recorder
        self._last_use = last_use
        self._clock = clock
        self._audiences = audiences

    def authenticate(self, presented: PresentedProof, origin: Origin, operation: EventName) -> Client:
        """Raises ClientRefused, or Throttled after too many failures from one network.

        A right proof is never held up: secrets have 256 random bits, so the throttle is there against floods of wrong
        ones, and must not be a way to lock an application out.
        """
        client_id = "" if len(presented.client_id) > _MAX_CLIENT_ID else presented.client_id
        try:
            client_id = _named_client(presented, client_id)
            return self._proved(presented, client_id, origin, operation)
        except ClientRefused as refused:
            self.count_failure(client_id, origin, operation, error_code="invalid_client", why=refused.operator_text)
            raise

    def count_failure(self, client_id: str, origin: Origin, operation: EventName, *, error_code: str, why: str) -> None:
        """Record what a stranger tried in vain, unless there was too much of it. Raises Throttled."""
        stranger = _caller_of(client_id[:_MAX_CLIENT_ID], CallerKind.ANONYMOUS, self._index.value.account, origin)
        self._throttle.count(stranger, Guessed.CLIENT_SECRET, name=stranger.name)
        event = event_of(
            stranger,
            operation,
            at=self._clock.now(),
            outcome=Outcome.FAILED,
            error_code=error_code,
            error_message=why,
        )
        self._recorder.record(event)

    def _proved(self, presented: PresentedProof, client_id: str, origin: Origin, operation: EventName) -> Client:
        now = self._clock.now()
        index = self._index.value
        registered = index.registered(client_id)
        secret_id = ""
        match presented.method:
            case ClientAuthentication.SECRET_BASIC:
                # Before anything else is said, so that a name nobody has costs the same.
                secret_id = _matching_secret(registered, presented.proof, now)
                _check_method(registered, presented.method)
            case ClientAuthentication.PRIVATE_KEY_JWT:
                self._use_assertion(registered, client_id, presented.proof, now)
                self._last_use.note(LastUse(Used.CLIENT_KEY, client_id, now, origin.source_ip, operation.value))
            case ClientAuthentication.NONE:
                _check_method(registered, presented.method)
        if registered is None:
            raise ClientRefused(f"there is no enabled application `{client_id[:100]}`")
        self._note_use(client_id, secret_id, origin, operation, now)
        caller = _caller_of(client_id, CallerKind.WORKLOAD, index.account, origin, arn=registered.application.arn)
        return Client(registered.application, caller)

    def _use_assertion(
        self, registered: Registered | None, client_id: str, proof: Secret | None, now: datetime
    ) -> None:
        _check_method(registered, ClientAuthentication.PRIVATE_KEY_JWT)
        if registered is None or registered.keys is None or proof is None:
            raise ClientRefused("no key of the application is registered")
        proved = check_assertion(
            proof.reveal(), registered.keys, client_id=client_id, audiences=self._audiences, now=now
        )
        if not self._first_use(client_id, proved, now):
            raise ClientRefused(f"client assertion: the `jti` `{proved.jti[:100]}` was used before")

    def _first_use(self, client_id: str, proved: ProvedAssertion, now: datetime) -> bool:
        return self._transactions.write(
            lambda tx: tx.applications.use_assertion(client_id, proved.jti, now=now, expires_at=proved.expires_at)
        )

    def _note_use(self, client_id: str, secret_id: str, origin: Origin, operation: EventName, now: datetime) -> None:
        self._last_use.note(LastUse(Used.APPLICATION, client_id, now, origin.source_ip, operation.value))
        if secret_id:
            self._last_use.note(LastUse(Used.CLIENT_SECRET, secret_id, now, origin.source_ip, operation.value))


def _named_client(presented: PresentedProof, client_id: str) -> str:
    if presented.method is not ClientAuthentication.PRIVATE_KEY_JWT or presented.proof is None:
        return client_id
    named = client_named_by(presented.proof.reveal())
    if presented.client_id not in {"", named}:
        raise ClientRefused("`client_id` and the client assertion name two clients")
    return named


def _check_method(registered: Registered | None, method: ClientAuthentication) -> None:
    if registered is None:
        raise ClientRefused("there is no enabled application of this name")
    if registered.application.authentication is not method:
        raise ClientRefused(
            f"the application is registered with {registered.application.authentication.value}, it used {method.value}"
        )


def _matching_secret(registered: Registered | None, proof: Secret | None, now: datetime) -> str:
    """The id of the living secret that was shown; all are compared, in constant time. Raises ClientRefused."""
    shown = proof.reveal() if proof is not None else ""
    found = ""
    for secret in registered.secrets if registered is not None else ():
        if matches(shown, secret.secret_hash) and now < secret.expires_at:
            found = secret.secret_id
    if not found:
        matches(shown, _NO_SECRET)
        raise ClientRefused("the client secret is wrong, has expired, or the application is unknown")
    return found


def _caller_of(client_id: str, kind: CallerKind, account: str, origin: Origin, *, arn: str = "anonymous") -> Caller:
    name = client_id or "unknown"
    return Caller(
        arn=arn, account=account, kind=kind, name=name, origin=origin, user_id=client_id, assurance=_NOTHING_PROVED
    )


_NOTHING_PROVED = Assurance()
