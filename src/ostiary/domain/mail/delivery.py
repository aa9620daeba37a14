"""Who sends what waits, so that nothing is lost and nothing is sent twice by two workers?

A message is claimed in a transaction of its own before it is carried: its next attempt moves into the future, further
than carrying takes, so no other worker or node takes it meanwhile. A process that dies between carrying and noting it
lets the claim run out, and the message is carried again, with the same Message-ID: a notice of a stolen password that
comes twice is better than one that never comes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from ostiary.domain.audit.caller import server
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.ports import AuditSlice
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.mail.errors import Undeliverable
from ostiary.domain.mail.model import Message, Queued
from ostiary.domain.mail.outbox import open_message
from ostiary.domain.mail.ports import Carrier, MailSlice, Postman
from ostiary.kit.clock import Clock, iso
from ostiary.kit.crypto.sealing import SealError
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions

log = logging.getLogger(__name__)
CLAIM = timedelta(minutes=10)
GIVEN_UP_AFTER = timedelta(days=1)
SETTLED_KEPT = timedelta(days=7)
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=2)
_PER_ROUND = 100


class DeliverySlice(MailSlice, AuditSlice, Protocol): ...


@dataclass(slots=True)
class Round:
    """What one round did; `failed` counts attempts, `given_up` messages."""

    sent: int = 0
    failed: int = 0
    given_up: int = 0


class Delivery:
    def __init__(
        self,
        *,
        transactions: Transactions[DeliverySlice],
        keys: Current[ServerKeys],
        postman: Postman,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._keys = keys
        self._postman = postman
        self._clock = clock

    def run(self) -> Round:
        """Carry what is due, until nothing is left or nothing can be carried."""
        done = Round()
        if not self._something_is_due():
            return done
        with self._postman.round() as carrier:
            for claimed in self._claimed():
                if not self._carry(carrier, claimed, done):
                    break
        return done

    def waiting(self) -> int:
        with self._transactions.read() as tx:
            return tx.outbox.waiting()

    def _something_is_due(self) -> bool:
        with self._transactions.read() as tx:
            return bool(tx.outbox.due(self._clock.now(), 1))

    def _claimed(self) -> Iterator[Queued]:
        """One at a time, so that a claim holds for carrying one message."""
        for _ in range(_PER_ROUND):
            claimed = self._transactions.write(partial(_claim, now=self._clock.now()))
            if claimed is None:
                return
            yield claimed

    def _carry(self, carrier: Carrier, queued: Queued, done: Round) -> bool:
        """Whether it makes sense to go on with the next one."""
        try:
            message = open_message(self._keys.value.keyring, queued)
            _check_in_time(message, self._clock.now())
            carrier.carry(message)
        except SealError:
            self._failed(queued, Undeliverable("the message cannot be opened", permanent=True), done)
        except Undeliverable as failure:
            self._failed(queued, failure, done)
            return not failure.for_all
        except Exception as failure:
            # One message that trips us up must neither stop the others nor be tried for ever.
            log.exception("mail %s (%s) met a bug of ours", queued.message_id, queued.kind.value)
            self._failed(queued, Undeliverable(f"a bug of ours: {type(failure).__name__}"), done)
        else:
            now = self._clock.now()
            # A message that is gone keeps no link and no address.
            sent = replace(queued, sealed_body=b"", next_attempt_at=None, sent_at=now, last_error="")
            self._transactions.write(lambda tx: tx.outbox.put(sent))
            done.sent += 1
        return True

    def _failed(self, queued: Queued, failure: Undeliverable, done: Round) -> None:
        now = self._clock.now()
        done.failed += 1
        again = now + min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(queued.attempts - 1, 20))
        if failure.permanent or again > queued.created_at + GIVEN_UP_AFTER:
            log.warning("mail %s (%s) is given up: %s", queued.message_id, queued.kind.value, failure)
            self._transactions.write(lambda tx: _give_up(tx, queued, str(failure), now))
            done.given_up += 1
        else:
            log.info("mail %s (%s) must wait: %s", queued.message_id, queued.kind.value, failure)
            waiting = replace(queued, next_attempt_at=again, last_error=str(failure))
            self._transactions.write(lambda tx: tx.outbox.put(waiting))


def forget_settled_mails(tx: MailSlice, now: datetime) -> int:
    """Their bodies are gone already, except what development mode shows."""
    return tx.outbox.delete_settled(created_before=now - SETTLED_KEPT)


def _claim(tx: DeliverySlice, *, now: datetime) -> Queued | None:
    for queued in tx.outbox.due(now, 1):
        until = now + CLAIM
        if tx.outbox.claim(queued, until=until):
            return replace(queued, attempts=queued.attempts + 1, next_attempt_at=until)
    return None


def _check_in_time(message: Message, now: datetime) -> None:
    """Raises Undeliverable: a link or code that nobody can use any more only confuses."""
    if message.values.get("expires_at", "9") <= iso(now):
        raise Undeliverable("what it offers is no longer valid", permanent=True)


def _give_up(tx: DeliverySlice, queued: Queued, reason: str, now: datetime) -> None:
    tx.outbox.put(replace(queued, sealed_body=b"", next_attempt_at=None, last_error=reason))
    details = {"kind": queued.kind.value, "messageId": queued.message_id, "attempts": queued.attempts, "reason": reason}
    event = event_of(server(), EventName.SEND_MAIL, at=now, outcome=Outcome.FAILED, details=details)
    tx.audit.append(event)
