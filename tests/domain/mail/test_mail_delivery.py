"""Is every message sent, once, soon, to a real server, and by nobody after its time?"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mail_room import mails_in
from mail_server import PostOffice, post_office
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.mail.delivery import CLAIM, GIVEN_UP_AFTER, SETTLED_KEPT, Delivery, Round, forget_settled_mails
from ostiary.domain.mail.model import DEFAULT_LANGUAGE, WORDINGS, MailKind, Queued, Recipient, recipient_of
from ostiary.domain.mail.outbox import Mailing, Outbox, open_message
from ostiary.domain.mail.ports import Carrier
from ostiary.kit.clock import iso
from ostiary.kit.crypto.sealing import SealError
from ostiary.protocols.mail.rendering import Sender
from ostiary.protocols.mail.smtp import SmtpPostman
from ostiary.storage.engine import open_database
from people_house import MORNING, House, open_house

ADA = Recipient("ada@example.com", "de", "Ada Okonkwo")
SENDER = Sender("Example Corporation", "id@example.org", "https://id.example.org")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    with post_office(tmp_path) as opened:
        yield opened


def outbox_of(house: House, mailing: Mailing = Mailing.SENT) -> Outbox:
    return Outbox(keys=house.keys, mailing=mailing)


def write(house: House, kind: MailKind = MailKind.NEW_SIGN_IN, to: Recipient = ADA, **values: str) -> None:
    given = dict.fromkeys(WORDINGS[kind].needs, "x") | {"at": iso(house.clock.now())} | values
    if "at" not in WORDINGS[kind].needs:
        del given["at"]
    if "expires_at" in WORDINGS[kind].needs and "expires_at" not in values:
        given["expires_at"] = iso(house.clock.now() + timedelta(hours=1))
    send(house, kind, given, to=to)


def send(
    house: House, kind: MailKind, values: dict[str, str], *, mailing: Mailing = Mailing.SENT, to: Recipient = ADA
) -> None:
    now = house.clock.now()
    house.database.write(lambda tx: outbox_of(house, mailing).send(tx, kind, recipient=to, values=values, now=now))


def delivery_of(house: House, office: PostOffice) -> Delivery:
    postman = SmtpPostman(office.server(), lambda: SENDER)
    return Delivery(transactions=house.database, keys=house.keys, postman=postman, clock=house.clock)


def rows(house: House) -> list[Queued]:
    with house.database.read() as tx:
        return list(tx.outbox.newest(100))


def test_a_message_is_sent_in_her_language_and_then_forgotten(house: House, office: PostOffice) -> None:
    write(house, device="Firefox on Linux")
    assert delivery_of(house, office).run() == Round(sent=1)
    assert delivery_of(house, office).run() == Round()
    (email,) = office.received
    assert email["To"] == "ada@example.com"
    assert email["Content-Language"] == "de"
    (row,) = rows(house)
    assert (row.sealed_body, row.next_attempt_at, row.sent_at) == (b"", None, MORNING)


def test_a_message_goes_out_exactly_when_what_it_tells_of_has_happened(house: House) -> None:
    values = {"at": iso(MORNING)}

    def work(tx: object) -> None:
        outbox_of(house).send(tx, MailKind.NEW_SIGN_IN, recipient=ADA, values=values, now=MORNING)  # type: ignore[arg-type]
        raise KeyError

    with pytest.raises(KeyError):
        house.database.write(work)
    assert rows(house) == []


def test_nothing_in_the_database_says_who_or_what(house: House, tmp_path: Path) -> None:
    write(house, MailKind.RECOVERY, link="https://id.example.org/recover/very-secret-token")
    house.database.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("ostiary.db*"))
    for told in (b"ada@example.com", b"Ada Okonkwo", b"very-secret-token"):
        assert told not in kept


def test_a_body_that_was_moved_to_another_row_does_not_open(house: House, office: PostOffice) -> None:
    write(house, MailKind.RECOVERY)
    write(house, MailKind.TEST, Recipient("eve@example.com"))
    stolen, own = sorted(rows(house), key=lambda row: row.kind.value)
    with pytest.raises(SealError):
        open_message(house.keys.value.keyring, replace(own, sealed_body=stolen.sealed_body))
    house.database.write(lambda tx: tx.outbox.put(replace(own, sealed_body=stolen.sealed_body)))
    done = delivery_of(house, office).run()
    assert (done.sent, done.given_up) == (1, 1)
    assert [email["To"] for email in office.received] == ["ada@example.com"]


@pytest.mark.parametrize("kind", [MailKind.NEW_SIGN_IN, MailKind.EMAIL_CODE, MailKind.THROTTLED])
def test_nobody_is_bombed_and_one_kind_does_not_use_up_another(house: House, kind: MailKind) -> None:
    for address in ("ada@example.com", "ADA@example.com", "ada+more@example.com") * 8:
        write(house, kind, Recipient(address))
    assert len(rows(house)) == WORDINGS[kind].hourly
    write(house, kind, Recipient("bob@example.com"))
    write(house, MailKind.FACTOR_ADDED if kind is not MailKind.FACTOR_ADDED else MailKind.FACTOR_REMOVED)
    assert len(rows(house)) == WORDINGS[kind].hourly + 2
    house.clock.advance(timedelta(hours=1))
    write(house, kind)
    assert len(rows(house)) == WORDINGS[kind].hourly + 3


def test_without_an_address_or_a_server_nothing_is_kept(house: House) -> None:
    write(house, to=Recipient(""))
    for mailing, to, kept in (
        (Mailing.OFF, ADA, 0),
        (Mailing.SHOWN, ADA, 1),
        (Mailing.SHOWN, Recipient("", name="Ada"), 2),
    ):
        send(house, MailKind.TEST, {"at": iso(MORNING)}, mailing=mailing, to=to)
        assert len(rows(house)) == kept
    assert {row.next_attempt_at for row in rows(house)} == {None}, "what is shown is never sent"
    assert len(mails_in(house.database, house.keys, MailKind.TEST)) == 2


def test_a_message_with_other_values_than_its_kind_has_is_a_bug_that_shows(house: House) -> None:
    for values in ({}, {"at": "x", "unknown": "y"}, {"at": "x" * 4001}):
        with pytest.raises(ValueError, match="a mail of kind test"):
            send(house, MailKind.TEST, values)


def test_what_a_server_puts_off_is_tried_again_later_and_later(house: House, office: PostOffice) -> None:
    write(house)
    office.refuse_recipient = ["450 ada@example.com: later"] * 3
    delivery, waits = delivery_of(house, office), []
    for _ in range(3):
        assert delivery.run() == Round(failed=1)
        assert delivery.run() == Round(), "not before its time"
        (row,) = rows(house)
        assert row.next_attempt_at is not None
        assert row.last_error == "the server refuses the recipient (450)"
        waits.append(row.next_attempt_at - house.clock.now())
        house.clock.advance(waits[-1])
    assert waits == [timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=120)]
    assert delivery.run() == Round(sent=1)


def test_a_message_is_given_up_after_a_day_with_an_event_and_without_its_body(
    house: House, office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    write(house)
    office.refuse_recipient = ["450 ada@example.com: later"] * 100
    tries = 0
    with caplog.at_level(logging.INFO):
        while any(row.next_attempt_at is not None for row in rows(house)):
            assert delivery_of(house, office).run().failed == 1
            tries += 1
            house.clock.advance(timedelta(hours=2))
    assert 10 <= tries <= 20
    assert house.clock.now() - MORNING <= GIVEN_UP_AFTER + timedelta(hours=2)
    (row,) = rows(house)
    assert (row.sealed_body, row.sent_at) == (b"", None)
    (event,) = house.events("SendMail")
    assert event.outcome is Outcome.FAILED
    assert "ada@example.com" not in str(event)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("ostiary")]
    assert len(ours) == tries
    assert not [text for text in ours if "ada@example.com" in text]


@pytest.mark.parametrize("refused", ["550 no such person", "553 no"])
def test_what_a_server_refuses_for_good_is_given_up_at_once(house: House, office: PostOffice, refused: str) -> None:
    write(house)
    office.refuse_recipient = [refused]
    assert delivery_of(house, office).run() == Round(failed=1, given_up=1)
    assert rows(house)[0].next_attempt_at is None


def test_a_code_that_is_no_longer_valid_is_not_sent(house: House, office: PostOffice) -> None:
    write(house, MailKind.EMAIL_CODE, code="123 456", expires_at=iso(MORNING + timedelta(minutes=10)))
    house.clock.advance(timedelta(minutes=10))
    assert delivery_of(house, office).run() == Round(failed=1, given_up=1)
    assert office.received == []


def test_a_server_that_is_down_costs_one_attempt_per_round(house: House, tmp_path: Path) -> None:
    with post_office(tmp_path) as gone:
        pass
    for _ in range(3):
        write(house)
    assert delivery_of(house, gone).run() == Round(failed=1)
    assert sorted(row.attempts for row in rows(house)) == [0, 0, 1]


def test_two_workers_never_send_one_message_twice(house: House, office: PostOffice, tmp_path: Path) -> None:
    for number in range(15):
        write(house, to=Recipient(f"p{number}@example.com"))
    other = open_database(f"sqlite:///{tmp_path}/ostiary.db")
    try:
        postman = SmtpPostman(office.server(), lambda: SENDER)
        second = Delivery(transactions=other, keys=house.keys, postman=postman, clock=house.clock)
        with ThreadPoolExecutor(4) as pool:
            runs = [pool.submit(each.run) for each in (delivery_of(house, office), second) * 2]
            done = [run.result() for run in runs]
    finally:
        other.close()
    assert sum(round_.sent for round_ in done) == 15
    assert sorted(email["To"] for email in office.received) == sorted(f"p{n}@example.com" for n in range(15))


def test_a_worker_that_dies_before_it_noted_what_it_sent_sends_again_when_its_claim_ran_out(
    house: House, office: PostOffice
) -> None:
    class Killed(BaseException): ...

    class DiesAfterwards(SmtpPostman):
        def round(self):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a wrapper for one test
            return _dying(super().round(), Killed)

    write(house)
    postman = DiesAfterwards(office.server(), lambda: SENDER)
    dying = Delivery(transactions=house.database, keys=house.keys, postman=postman, clock=house.clock)
    with pytest.raises(Killed):
        dying.run()
    house.clock.advance(CLAIM - timedelta(seconds=1))
    assert delivery_of(house, office).run() == Round()
    house.clock.advance(timedelta(seconds=1))
    assert delivery_of(house, office).run() == Round(sent=1)
    first, second = office.received
    assert first["Message-ID"] == second["Message-ID"], "whoever gets it twice can tell"


def test_a_message_that_trips_us_up_stops_neither_the_others_nor_is_it_tried_for_ever(
    house: House, office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    write(house, MailKind.EMAIL_CODE, expires_at="zzz")
    write(house)
    done = delivery_of(house, office).run()
    assert (done.sent, done.failed) == (1, 1)
    assert "met a bug of ours" in caplog.text


def test_settled_messages_are_forgotten_after_a_week_and_waiting_ones_are_not(house: House, office: PostOffice) -> None:
    write(house)
    delivery_of(house, office).run()
    write(house)
    later = MORNING + SETTLED_KEPT + timedelta(seconds=1)
    assert house.database.write(lambda tx: forget_settled_mails(tx, MORNING + SETTLED_KEPT)) == 0
    assert house.database.write(lambda tx: forget_settled_mails(tx, later)) == 1
    assert len(rows(house)) == 1


def test_a_person_is_written_to_in_the_language_she_was_on_our_pages_last(house: House) -> None:
    person = house.invite().person
    assert recipient_of(person) == Recipient("ada@example.com", DEFAULT_LANGUAGE, "Ada Okonkwo")
    assert recipient_of(replace(person, language="de")).language == "de"


class _dying:  # noqa: N801 - reads as a function
    def __init__(self, opened, death) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - as above
        self._opened, self._death = opened, death

    def __enter__(self) -> Carrier:
        carrier, death = self._opened.__enter__(), self._death

        class Dies:
            def carry(self, message) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - as above
                carrier.carry(message)
                raise death

        return Dies()

    def __exit__(self, *failure: object) -> None:
        self._opened.__exit__(*failure)
