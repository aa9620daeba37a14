"""The whole way of a mail: a command on one process, two workers of another, and a mail server that wants TLS."""

from __future__ import annotations

import time
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path

import httpx

from mail_server import PASSWORD, PostOffice, post_office
from parts.server import OstiaryServer, prepare_server, start_on_a_free_port


def test_an_invitation_reaches_its_person_once_also_when_the_server_is_down(tmp_path: Path) -> None:
    server = prepare_server(tmp_path / "data", options=("--workers", "2"))
    with post_office(tmp_path) as office, closing(server):
        _configure(server, office)
        invited = server.run("person", "invite", "bob", "--email", "bob@example.com", "--json").json()
        start_on_a_free_port(server)
        (email,) = _mails(office, 1)
        assert email["To"] == "bob@example.com"
        body = email.get_body(("plain",))
        assert body is not None
        assert invited["enrolment_link"] in body.get_content()
        server.run("person", "invite", "eve", "--email", "eve@example.com")
        _mails(office, 2)
        time.sleep(3)
        assert [mail["To"] for mail in office.received] == ["bob@example.com", "eve@example.com"]
        answer = httpx.get(f"{server.base_url}/metrics", trust_env=False)
        assert answer.status_code == 200, server.log.read_text()
        metrics = answer.text
        assert 'ostiary_mails_total{result="sent"} 2.0' in metrics
        assert "ostiary_mails_waiting 0.0" in metrics
    assert PASSWORD not in server.log.read_text()
    assert "bob@example.com" not in server.log.read_text()


def _configure(server: OstiaryServer, office: PostOffice) -> None:
    password = server.data_dir / "smtp-password"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    settings = server.data_dir / "ostiary.toml"
    known = settings.read_text() if settings.exists() else ""
    settings.write_text(
        f'{known}smtp_url = "smtps://ostiary@localhost:{office.port}"\nsmtp_password_file = "smtp-password"\n'
        f'smtp_ca_file = "{office.ca_file}"\nmail_from = "id@example.org"\n'
    )
    settings.chmod(0o600)


def _mails(office: PostOffice, number: int) -> list[EmailMessage]:
    deadline = time.monotonic() + 20
    while len(office.received) < number:
        assert time.monotonic() < deadline, "no mail came"
        time.sleep(0.1)
    return office.received
