"""Is a device's code decided once and used once, on both engines?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from ostiary.domain.tokens.model import DeviceAuthorization, DeviceStatus
from ostiary.storage.engine import Database
from ostiary.storage.transaction import Transaction

NOW = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DEVICE = DeviceAuthorization(
    device_code_hash=b"device",
    user_code_hash=b"user",
    client_id="tool",
    scopes=("openid", "email"),
    created_at=NOW,
    expires_at=NOW + 10 * MINUTE,
    interval_seconds=5,
    source_ip="2001:db8::1",
    network="2001:db8::/64",
    user_agent="tool/1",
    family_id="f1",
)


def _decide(database: Database, status: DeviceStatus, *, at: datetime = NOW) -> bool:
    return database.write(
        lambda tx: tx.tokens.decide_device(
            b"device",
            status,
            person_id="p1",
            session_id="s1",
            methods=("hwk", "user", "mfa"),
            authenticated_at=NOW,
            now=at,
        )
    )


def _use(database: Database, *, at: datetime = NOW) -> bool:
    return database.write(lambda tx: tx.tokens.use_device(b"device", at))


def _add(device: DeviceAuthorization, tx: Transaction) -> None:
    tx.tokens.add_device(device)


@pytest.fixture(autouse=True)
def _kept(database: Database) -> None:
    database.write(lambda tx: tx.tokens.add_device(DEVICE))


def test_a_device_is_found_by_either_code(database: Database) -> None:
    with database.read() as tx:
        assert tx.tokens.device(b"device") == tx.tokens.device_by_user_code(b"user") == DEVICE
        assert tx.tokens.device(b"user") is None
        assert tx.tokens.device_by_user_code(b"device") is None


def test_a_device_is_decided_once_and_used_once(database: Database) -> None:
    assert not _use(database)
    assert _decide(database, DeviceStatus.APPROVED)
    assert not _decide(database, DeviceStatus.DENIED)
    assert not _decide(database, DeviceStatus.APPROVED)
    assert _use(database)
    assert not _use(database)
    with database.read() as tx:
        assert tx.tokens.device(b"device") == replace(
            DEVICE,
            status=DeviceStatus.USED,
            person_id="p1",
            session_id="s1",
            methods=("hwk", "user", "mfa"),
            authenticated_at=NOW,
        )


def test_a_no_cannot_become_a_yes(database: Database) -> None:
    assert _decide(database, DeviceStatus.DENIED)
    assert not _decide(database, DeviceStatus.APPROVED)
    assert not _use(database)


def test_a_second_use_is_remembered(database: Database) -> None:
    _decide(database, DeviceStatus.APPROVED)
    _use(database)
    database.write(lambda tx: tx.tokens.note_device_reuse(b"device"))
    with database.read() as tx:
        found = tx.tokens.device(b"device")
    assert found is not None
    assert found.status is DeviceStatus.REUSED


def test_what_is_expired_is_neither_decided_nor_used(database: Database) -> None:
    assert not _decide(database, DeviceStatus.APPROVED, at=DEVICE.expires_at)
    assert _decide(database, DeviceStatus.APPROVED)
    assert not _use(database, at=DEVICE.expires_at)


def test_questions_of_the_device_are_noted(database: Database) -> None:
    database.write(lambda tx: tx.tokens.note_device_question(b"device", at=NOW + MINUTE, interval_seconds=10))
    with database.read() as tx:
        assert tx.tokens.device(b"device") == replace(DEVICE, last_polled_at=NOW + MINUTE, interval_seconds=10)


def test_the_codes_of_one_network_for_one_application_are_counted_until_they_end(database: Database) -> None:
    others = (
        replace(DEVICE, device_code_hash=b"d2", user_code_hash=b"u2", client_id="other"),
        replace(DEVICE, device_code_hash=b"d3", user_code_hash=b"u3", network="192.0.2.1"),
        replace(DEVICE, device_code_hash=b"d4", user_code_hash=b"u4", expires_at=NOW + MINUTE),
    )
    for other in others:
        database.write(partial(_add, other))
    with database.read() as tx:
        assert sorted(tx.tokens.device_ends("tool", DEVICE.network, NOW)) == [NOW + MINUTE, DEVICE.expires_at]
        assert tx.tokens.device_ends("tool", DEVICE.network, NOW + MINUTE) == [DEVICE.expires_at]


def test_what_is_over_is_forgotten(database: Database) -> None:
    assert database.write(lambda tx: tx.tokens.delete_expired_tokens(NOW)) == 0
    assert database.write(lambda tx: tx.tokens.delete_expired_tokens(DEVICE.expires_at)) == 1
