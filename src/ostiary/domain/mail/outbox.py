"""How does a message get into the house's outbox? In the transaction of whatever it tells of, and sealed."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from hashlib import sha256

import msgspec

from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.mail.model import WORDINGS, MailKind, Message, Queued, Recipient
from ostiary.domain.mail.ports import MailSlice
from ostiary.kit import ids
from ostiary.kit.crypto.sealing import Keyring
from ostiary.kit.current import Current

_HOUR = timedelta(hours=1)
_MAX_VALUE = 4000


class Mailing(Enum):
    """What becomes of messages in this process."""

    SENT = "sent"
    SHOWN = "shown"  # development mode: kept for its mailbox page, never sent
    OFF = "off"  # nothing is configured: a message that waits for ever would be one more secret to keep


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sealed: everything that says who or what."""

    address: str
    language: str
    name: str
    values: dict[str, str]


class Outbox:
    def __init__(self, *, keys: Current[ServerKeys], mailing: Mailing) -> None:
        self._keys = keys
        self.mailing = mailing

    def send(
        self, tx: MailSlice, kind: MailKind, *, recipient: Recipient, values: Mapping[str, str], now: datetime
    ) -> None:
        """Say it to her after the commit. Nothing happens when she has no address or got many of this kind lately:
        whoever asks for a mail must not learn from it, and nobody is bombed.

        Raises ValueError when `values` are not those of the kind.
        """
        _check_values(kind, values)
        if self.mailing is Mailing.OFF or not (recipient.address or self.mailing is Mailing.SHOWN):
            return
        recipient_hash = self._recipient_hash(kind, recipient)
        # Counted by kind: a stranger who provokes mails of one kind must not use up the notice that tells of him.
        if tx.outbox.count_since(recipient_hash, now - _HOUR) >= WORDINGS[kind].hourly:
            return
        message = Message(ids.uuid7(), kind, recipient, values, now)
        queued = seal_message(self._keys.value.keyring, message, recipient_hash=recipient_hash)
        tx.outbox.add(replace(queued, next_attempt_at=now) if self.mailing is Mailing.SENT else queued)

    def pretend(self, tx: MailSlice, kind: MailKind, *, values: Mapping[str, str], now: datetime) -> None:
        """What `send` costs, for nobody: whoever measures must not learn that there is no such person."""
        _check_values(kind, values)
        if self.mailing is not Mailing.SENT:
            return
        nobody = Recipient(address="")
        recipient_hash = self._recipient_hash(kind, nobody)
        tx.outbox.count_since(recipient_hash, now - _HOUR)
        message = Message(ids.uuid7(), kind, nobody, values, now)
        # Without a next attempt nobody sends it, and it is forgotten with the others.
        tx.outbox.add(seal_message(self._keys.value.keyring, message, recipient_hash=ids.uuid7()))

    def _recipient_hash(self, kind: MailKind, recipient: Recipient) -> str:
        """Comparable, and of no use to somebody who has the database and a list of addresses."""
        text = "\0".join((kind.value, _counted_address(recipient.address), "" if recipient.address else recipient.name))
        key = self._keys.value.password_pepper
        return hmac.new(key, b"ostiary mail\0" + text.encode("utf-8", "surrogatepass"), sha256).hexdigest()


def seal_message(keyring: Keyring, message: Message, *, recipient_hash: str) -> Queued:
    to = message.recipient
    # A value may be a `Text`: it is kept as the English that it is, and a letter says it again in her language.
    values = {name: str(value) for name, value in message.values.items()}
    body = Body(address=to.address, language=to.language, name=to.name, values=values)
    sealed = keyring.seal(msgspec.json.encode(body), identity=_identity(message.message_id))
    return Queued(message.message_id, message.kind, recipient_hash, message.created_at, sealed)


def open_message(keyring: Keyring, queued: Queued) -> Message:
    """Raises SealError for a body that was changed, or moved here from another row."""
    opened = keyring.open(queued.sealed_body, identity=_identity(queued.message_id))
    body = msgspec.json.decode(opened, type=Body)
    recipient = Recipient(address=body.address, language=body.language, name=body.name)
    return Message(queued.message_id, queued.kind, recipient, body.values, queued.created_at)


def _identity(message_id: str) -> str:
    return f"outbox:{message_id}"


def _counted_address(address: str) -> str:
    """`Ada+1@Example.com` counts as `ada@example.com`: with most servers it is the same mailbox."""
    local, at, domain = address.casefold().rpartition("@")
    return f"{local.split('+', 1)[0]}{at}{domain}"


def _check_values(kind: MailKind, values: Mapping[str, str]) -> None:
    wording, given = WORDINGS[kind], set(values)
    if not wording.needs <= given <= wording.needs | wording.may:
        raise ValueError(
            f"a mail of kind {kind.value} needs {sorted(wording.needs)} and may have {sorted(wording.may)},"
            f" not {sorted(given)}"
        )
    if any(len(value) > _MAX_VALUE for value in values.values()):
        raise ValueError(f"a mail of kind {kind.value} has a value of more than {_MAX_VALUE} characters")
