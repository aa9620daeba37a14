"""How does a device without a browser of its own ask for somebody to sign it in? RFC 8628 sections 3.1 and 3.2.

Anybody may send this for a public application, so what one network may have waiting is bounded, and a refusal for that
leaves no event: a flood must fill neither the tables nor the trail.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Protocol

from ostiary.domain.applications.client_authentication import Client
from ostiary.domain.applications.model import Application
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.ports import AuditSlice
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.errors import Throttled
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.credentials.throttle import network_of
from ostiary.domain.tokens.device_codes import DEVICE_CODE_PREFIX, INTERVAL, LIFE, hash_user_code, new_user_code
from ostiary.domain.tokens.errors import InvalidScope, TokenRefused
from ostiary.domain.tokens.grant import Fields, check_resource
from ostiary.domain.tokens.issuing import Refusals
from ostiary.domain.tokens.model import DeviceAuthorization
from ostiary.domain.tokens.permissions import Operation, check_client
from ostiary.domain.tokens.ports import TokenSlice
from ostiary.domain.tokens.requested_scopes import ScopesRefused, check_subset, parse_scopes
from ostiary.kit import ids
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.kit.current import Current
from ostiary.kit.redaction import Secret
from ostiary.kit.transactions import Transactions

MOST_OF_ONE_NETWORK = 30  # for one application, within the life of a code
_MAX_USER_AGENT = 256


@dataclass(frozen=True, slots=True)
class DeviceCodes:
    """RFC 8628 section 3.2; `device_code` is the device's, `user_code` is shown to the person."""

    device_code: Secret
    user_code: Secret
    expires_in: int
    interval: int


class DeviceSlice(TokenSlice, AuditSlice, Protocol): ...


class DeviceAuthorizations:
    def __init__(
        self,
        *,
        transactions: Transactions[DeviceSlice],
        keys: Current[ServerKeys],
        refusals: Refusals,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._keys = keys
        self._refusals = refusals
        self._clock = clock

    def start(self, client: Client, fields: Fields) -> DeviceCodes:
        """Codes for a device that nobody has approved yet. Raises TokenRefused, Throttled."""
        try:
            return self._start(client, fields)
        except TokenRefused as refused:
            self._refusals.record(client, EventName.AUTHORIZE_DEVICE, refused)
            raise

    def _start(self, client: Client, fields: Fields) -> DeviceCodes:
        check_client(Operation.AUTHORIZE_DEVICE, client.caller, client.application)
        check_resource(fields, client.application)
        scopes = _load_scopes(fields, client.application)
        device_code, user_code = ids.opaque_token(DEVICE_CODE_PREFIX), new_user_code()
        origin, now = client.caller.origin, self._clock.now()
        wanted = DeviceAuthorization(
            device_code_hash=hash_secret(device_code),
            user_code_hash=hash_user_code(user_code, self._keys.value.password_pepper),
            client_id=client.application.client_id,
            scopes=scopes,
            created_at=now,
            expires_at=now + LIFE,
            interval_seconds=INTERVAL,
            source_ip=origin.source_ip,
            network=network_of(origin.source_ip),
            user_agent=origin.user_agent[:_MAX_USER_AGENT],
            family_id=ids.uuid7(),
        )
        self._transactions.write(lambda tx: _keep(tx, client, wanted, now))
        return DeviceCodes(Secret(device_code), Secret(user_code), int(LIFE.total_seconds()), INTERVAL)


def _load_scopes(fields: Fields, application: Application) -> tuple[str, ...]:
    asked = fields.get("scope", "")
    if not asked:
        raise InvalidScope("the parameter `scope` is missing: ask for `openid` at least")
    try:
        scopes = parse_scopes(asked)
        check_subset(scopes, application.scopes)
    except ScopesRefused as refused:
        raise InvalidScope(str(refused)) from None
    return scopes


def _keep(tx: DeviceSlice, client: Client, wanted: DeviceAuthorization, now: datetime) -> None:
    # ORDER: counted in the transaction that adds one, so that no race gets past the bound.
    ends = tx.tokens.device_ends(wanted.client_id, wanted.network, now)
    if len(ends) >= MOST_OF_ONE_NETWORK:
        raise Throttled(ceil((min(ends) - now).total_seconds()))
    tx.tokens.add_device(wanted)
    tx.audit.append(
        event_of(
            client.caller,
            EventName.AUTHORIZE_DEVICE,
            at=now,
            resources=[client.application.arn],
            details={"scopes": list(wanted.scopes), "familyId": wanted.family_id},
        )
    )
