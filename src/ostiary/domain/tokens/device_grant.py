"""How does a device turn its code into tokens, once a person has approved it? RFC 8628 sections 3.4 and 3.5.

The tokens stand for the person who approved, with what she had proved in the browser session in which she did. A code
is used up before anything is minted; shown again, it ends what came of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ostiary.domain.applications.client_authentication import Client
from ostiary.domain.applications.scopes import OFFLINE_ACCESS
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.tokens.access_token import LIFE, OnBehalfOf
from ostiary.domain.tokens.admission import Admission
from ostiary.domain.tokens.device_codes import DEVICE_CODE_PREFIX
from ostiary.domain.tokens.errors import (
    AuthorizationPending,
    DeviceCodeExpired,
    DeviceDenied,
    InvalidGrant,
    SlowDown,
    TokenRefused,
)
from ostiary.domain.tokens.families import Present, add_family, end_what_came_of, load_present
from ostiary.domain.tokens.grant import (
    REFRESH_PREFIX,
    Fields,
    GrantSlice,
    Minting,
    TokenAnswer,
    check_resource,
    details_of,
    issued_event,
    required,
)
from ostiary.domain.tokens.model import DeviceAuthorization, DeviceStatus
from ostiary.domain.tokens.permissions import Operation, check_client
from ostiary.kit import ids
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.kit.transactions import Transactions

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
_SLOWER_BY = 5  # seconds, RFC 8628 section 3.5
_SLOWEST = 60
_JITTER = timedelta(milliseconds=500)  # what a network may take off the pause between two honest questions
_Waiting = AuthorizationPending | SlowDown
_Found = DeviceAuthorization | _Waiting | TokenRefused


class DeviceCodeGrant:
    def __init__(
        self, *, transactions: Transactions[GrantSlice], admission: Admission, minting: Minting, clock: Clock
    ) -> None:
        self._transactions = transactions
        self._admission = admission
        self._minting = minting
        self._clock = clock

    def issue(self, client: Client, fields: Fields) -> TokenAnswer:
        """Raises AuthorizationPending, SlowDown, and TokenRefused for all that will not change by waiting."""
        check_client(Operation.EXCHANGE_DEVICE_CODE, client.caller, client.application)
        check_resource(fields, client.application)
        shown = required(fields, "device_code")
        if not ids.has_token_form(shown, DEVICE_CODE_PREFIX):
            raise InvalidGrant("what was shown is not a device code of ours")
        # ORDER: the code is used up, in a transaction of its own, before anything is minted. What was noted there (a
        # question too soon, a second use) must outlive the refusal, so the refusal is returned and raised here.
        found = self._transactions.write(lambda tx: _use_up(tx, client, hash_secret(shown), self._clock.now()))
        if not isinstance(found, DeviceAuthorization):
            raise found
        return self._mint(client, found)

    def _mint(self, client: Client, device: DeviceAuthorization) -> TokenAnswer:
        now, application, scopes = self._clock.now(), client.application, _still(device.scopes, client)
        proved = _proved(device)
        access = self._minting.access_token(application, scopes, now, proved)
        refresh = ids.opaque_token(REFRESH_PREFIX) if OFFLINE_ACCESS in scopes else ""

        def work(tx: GrantSlice) -> Present:
            _check_shown_once(tx, device)
            present = load_present(tx, application, proved, now)
            self._admission.check_still(present.holder.person, application, proved.methods)
            if refresh:
                add_family(
                    tx,
                    application,
                    proved,
                    scopes=scopes,
                    nonce="",
                    token_hash=hash_secret(refresh),
                    present=present,
                    now=now,
                )
            details = details_of(present.holder, device.family_id, access.expires_at)
            tx.audit.append(issued_event(client, GRANT_TYPE, scopes, at=now, jti=access.jti, details=details))
            return present

        holder = self._transactions.write(work).holder
        id_token = self._minting.id_token(
            application, scopes, now, proved=proved, holder=holder, access=access, nonce=""
        )
        return TokenAnswer(access.text, int(LIFE.total_seconds()), scopes, refresh, id_token)


def _use_up(tx: GrantSlice, client: Client, code_hash: bytes, now: datetime) -> _Found:
    device = tx.tokens.device(code_hash)
    if device is None:
        return InvalidGrant("there is no such device code, or it expired long ago")
    if device.client_id != client.application.client_id:
        return InvalidGrant(f"the device code is of the application `{device.client_id}`")
    if device.status in {DeviceStatus.USED, DeviceStatus.REUSED} or (
        device.status is DeviceStatus.APPROVED and not tx.tokens.use_device(code_hash, now)
    ):
        return _used_before(tx, client, device, now)
    if now >= device.expires_at:
        return DeviceCodeExpired("nobody approved the device in time: begin anew")
    if device.status is DeviceStatus.DENIED:
        return DeviceDenied("the person said no to this device")
    return device if device.status is DeviceStatus.APPROVED else _wait(tx, device, now)


def _wait(tx: GrantSlice, device: DeviceAuthorization, now: datetime) -> _Waiting:
    interval = device.interval_seconds
    pause = timedelta(seconds=interval) - _JITTER
    too_soon = device.last_polled_at is not None and now - device.last_polled_at < pause
    if too_soon:
        interval = min(interval + _SLOWER_BY, _SLOWEST)
    tx.tokens.note_device_question(device.device_code_hash, at=now, interval_seconds=interval)
    if too_soon:
        return SlowDown(f"ask every {interval} seconds")
    return AuthorizationPending("nobody has approved the device yet")


def _check_shown_once(tx: GrantSlice, device: DeviceAuthorization) -> None:
    """A second use may come between using the code up and minting: then there is no family yet that it could end."""
    found = tx.tokens.device(device.device_code_hash)
    if found is None or found.status is not DeviceStatus.USED:
        raise InvalidGrant("the device code was shown again before it became tokens")


def _used_before(tx: GrantSlice, client: Client, device: DeviceAuthorization, now: datetime) -> InvalidGrant:
    tx.tokens.note_device_reuse(device.device_code_hash)
    end_what_came_of(
        tx,
        client,
        EventName.REUSE_DEVICE_CODE,
        family_id=device.family_id,
        person_id=device.person_id,
        code_of=device.client_id,
        now=now,
    )
    return InvalidGrant("the device code was used before: all tokens that came of it are ended")


def _still(granted: tuple[str, ...], client: Client) -> tuple[str, ...]:
    """What the application lost since the device asked is gone."""
    scopes = tuple(scope for scope in granted if scope in client.application.scopes)
    if not scopes:
        raise InvalidGrant("the application has none of the scopes any more that the device asked for")
    return scopes


def _proved(device: DeviceAuthorization) -> OnBehalfOf:
    if device.authenticated_at is None:
        raise InvalidGrant("the approval says nothing of what was proved")
    return OnBehalfOf(device.person_id, device.session_id, device.family_id, device.methods, device.authenticated_at)
