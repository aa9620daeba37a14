"""Does a letter reach a real mail server, and nothing reach one that cannot be trusted?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mail_server import PASSWORD, USER, certificate, post_office
from ostiary.domain.mail.errors import Undeliverable
from ostiary.domain.mail.model import MailKind, Message, Recipient
from ostiary.kit.redaction import Secret
from ostiary.protocols.mail.rendering import Sender
from ostiary.protocols.mail.smtp import MailServer, SmtpPostman, Transport

NOW = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
SENDER = Sender("Example Corporation", "id@example.org", "https://id.example.org")
CODE = Message(
    "0195-m1",
    MailKind.EMAIL_CODE,
    Recipient("ada@example.com", "en", "Ada"),
    {"code": "493 017", "expires_at": "2026-03-14T09:10:00Z"},
    NOW,
)


def send(server: MailServer, *messages: Message, sender: Sender = SENDER) -> None:
    with SmtpPostman(server, lambda: sender).round() as carrier:
        for message in messages or (CODE,):
            carrier.carry(message)


@pytest.mark.parametrize("transport", [Transport.IMPLICIT_TLS, Transport.STARTTLS])
def test_a_letter_arrives_encrypted_and_after_signing_in(tmp_path: Path, transport: Transport) -> None:
    with post_office(tmp_path, transport) as office:
        send(office.server(user=True), CODE, replace(CODE, message_id="0195-m2"))
    assert office.signed_in == [USER], "one connection for both"
    assert office.seen_in_clear == []
    first, second = office.received
    assert first["To"] == "ada@example.com"
    assert first["From"] == "Example Corporation <id@example.org>"
    assert first["Subject"] == "Your code for Example Corporation"
    assert first["Message-ID"] == "<0195-m1@id.example.org>"
    assert second["Message-ID"] == "<0195-m2@id.example.org>"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Date"].datetime == NOW
    text, html = first.get_body(("plain",)), first.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "493 017" in text.get_content()
    assert "493 017" in html.get_content()


def test_a_server_whose_starttls_was_stripped_gets_nothing(tmp_path: Path) -> None:
    with (
        post_office(tmp_path, Transport.STARTTLS, offer_tls=False) as office,
        pytest.raises(Undeliverable, match="offers no STARTTLS") as refused,
    ):
        send(office.server(user=True))
    assert refused.value.for_all
    assert (office.received, office.seen_in_clear, office.signed_in) == ([], [], [])


@pytest.mark.parametrize("transport", [Transport.IMPLICIT_TLS, Transport.STARTTLS])
def test_a_certificate_for_another_name_is_refused(tmp_path: Path, transport: Transport) -> None:
    with (
        post_office(tmp_path, transport, name="mail.example.net") as office,
        pytest.raises(Undeliverable, match=r"certificate of .* is not accepted.*mismatch"),
    ):
        send(office.server(user=True))
    assert (office.received, office.signed_in) == ([], [])


@pytest.mark.parametrize("transport", [Transport.IMPLICIT_TLS, Transport.STARTTLS])
def test_a_certificate_of_an_authority_that_nobody_trusts_is_refused(tmp_path: Path, transport: Transport) -> None:
    other = tmp_path / "other"
    other.mkdir()
    _, stranger = certificate(other, "localhost")
    with post_office(tmp_path, transport) as office:
        for ca_file in (stranger, None):
            with pytest.raises(Undeliverable, match=r"certificate of .* is not accepted"):
                send(replace(office.server(), ca_file=ca_file))
    assert office.received == []


def test_a_wrong_password_is_told_without_the_password(tmp_path: Path) -> None:
    with post_office(tmp_path) as office, pytest.raises(Undeliverable) as refused:
        send(replace(office.server(user=True), password=Secret("wrong")))
    assert "refuses the user name or the password (535)" in str(refused.value)
    assert "wrong" not in str(refused.value)
    assert PASSWORD not in repr(office.server(user=True))
    assert refused.value.for_all


def test_plain_smtp_where_tls_is_expected_is_told(tmp_path: Path) -> None:
    with (
        post_office(tmp_path, Transport.PLAIN) as office,
        pytest.raises(Undeliverable, match="does not speak TLS as expected"),
    ):
        send(office.server(transport=Transport.IMPLICIT_TLS))


def test_nobody_listening_is_told(tmp_path: Path) -> None:
    with post_office(tmp_path) as office:
        gone = office.server()
    with pytest.raises(Undeliverable, match=r"cannot be reached: connection refused") as refused:
        send(gone)
    assert refused.value.for_all


@pytest.mark.parametrize(
    ("recipient", "data", "permanent"),
    [
        (["450 ada@example.com is busy"], [], False),
        (["550 no ada@example.com here"], [], True),
        ([], ["451 later"], False),
        ([], ["554 not this"], True),
    ],
)
def test_what_a_server_refuses_is_tried_again_or_not_and_the_next_letter_goes(
    tmp_path: Path, recipient: list[str], data: list[str], *, permanent: bool
) -> None:
    with post_office(tmp_path) as office:
        office.refuse_recipient, office.refuse_data = recipient, data
        with SmtpPostman(office.server(), lambda: SENDER).round() as carrier:
            with pytest.raises(Undeliverable) as refused:
                carrier.carry(CODE)
            carrier.carry(replace(CODE, message_id="next"))
    assert (refused.value.permanent, refused.value.for_all) == (permanent, False)
    assert "ada" not in str(refused.value), "what a server says may repeat the address"
    assert len(office.received) == 1


@pytest.mark.parametrize(
    "attack",
    ["Ada\r\nBcc: all@example.com", "Ada\nX-Evil: 1", "Ada\r\n\r\n<h1>hi</h1>", "Ada\x0bBcc: x", "Ada\u2028Bcc: x"],
)
def test_no_name_or_organization_adds_a_header(tmp_path: Path, attack: str) -> None:
    notice = Message(
        "m",
        MailKind.NEW_SIGN_IN,
        Recipient("ada@example.com", "en", attack),
        {"at": "2026-03-14T09:00:00Z", "device": attack, "place": attack},
        NOW,
    )
    with post_office(tmp_path) as office:
        send(office.server(), notice, replace(CODE, values=CODE.values), sender=replace(SENDER, organization=attack))
    for email in office.received:
        assert email.get_all("To") == ["ada@example.com"]
        assert {name.lower() for name in email} == {
            "from", "to", "subject", "date", "message-id", "auto-submitted", "content-language", "mime-version",
            "content-type",
        }  # fmt: skip


@pytest.mark.parametrize(
    "address", ["ada@example.com\r\nBcc: eve@example.com", "a@b@c", "ada", "", "ada@" + "x" * 70 + ".example"]
)
def test_an_address_that_cannot_be_written_is_given_up(tmp_path: Path, address: str) -> None:
    with post_office(tmp_path) as office, pytest.raises(Undeliverable) as refused:
        send(office.server(), replace(CODE, recipient=Recipient(address)))
    assert refused.value.permanent
    assert office.received == []


def test_an_address_in_another_script_is_written_as_the_standard_wants(tmp_path: Path) -> None:
    with post_office(tmp_path) as office:
        send(office.server(), replace(CODE, recipient=Recipient("ada@bücher.example", "de")))
    (email,) = office.received
    assert email["To"] == "ada@xn--bcher-kva.example"
    assert email["Content-Language"] == "de"


def test_old_mail_is_dated_when_it_was_written(tmp_path: Path) -> None:
    with post_office(tmp_path) as office:
        send(office.server(), replace(CODE, created_at=NOW - timedelta(hours=3)))
    assert office.received[0]["Date"].datetime == NOW - timedelta(hours=3)
