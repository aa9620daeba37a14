"""Does the command say whether mail arrives, and what is wrong with the settings when they are wrong?"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mail_server import PASSWORD, PostOffice, post_office
from ostiary.app import preparation
from ostiary.app.data_directory import DataDirectory
from ostiary.app.mail import read_mail_settings
from ostiary.app.settings import ServeSettings, SettingsRefused
from ostiary.cli.main import app
from ostiary.domain.mail.outbox import Mailing
from ostiary.protocols.mail.smtp import Transport

Configure = Callable[..., DataDirectory]


@pytest.fixture
def configure(tmp_path: Path) -> Configure:
    """Settings as an operator would write them."""

    def write(**settings: str) -> DataDirectory:
        directory = DataDirectory(tmp_path)
        lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
        directory.settings_file.write_text("\n".join(lines))
        directory.settings_file.chmod(0o600)
        password = tmp_path / "smtp-password"
        password.write_text(f"{PASSWORD}\n")
        password.chmod(0o600)
        return directory

    return write


def settings_for(office: PostOffice, **more: str) -> dict[str, str]:
    return {
        "smtp_url": f"smtps://ostiary@localhost:{office.port}",
        "smtp_password_file": "smtp-password",
        "smtp_ca_file": str(office.ca_file),
        "mail_from": "id@example.org",
        **more,
    }


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.fixture
def organization(tmp_path: Path, configure: Configure) -> Configure:
    """The same for a directory in which there is an organization."""
    assert run("init", "--data", str(tmp_path)).exit_code == 0
    return configure


def test_a_test_mail_arrives(tmp_path: Path, organization: Configure) -> None:
    certificates = tmp_path / "certificates"
    certificates.mkdir()
    with post_office(certificates) as office:
        organization(**settings_for(office))
        done = run("mail", "test", "ada@example.com", "--data", str(tmp_path), "--language", "de", "--json")
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["accepted_by"] == f"localhost:{office.port}"
        (email,) = office.received
        assert email["Content-Language"] == "de"
        office.refuse_recipient = ["550 no"]
        refused = run("mail", "test", "eve@example.com", "--data", str(tmp_path))
        assert refused.exit_code == 2
        assert "refuses the recipient (550)" in refused.stderr
    unreachable = run("mail", "test", "ada@example.com", "--data", str(tmp_path), "--json")
    assert "cannot be reached" in json.loads(unreachable.stdout)["error"]
    organization()
    assert "set `smtp_url`" in run("mail", "test", "ada@example.com", "--data", str(tmp_path)).stderr
    assert "not an email address" in run("mail", "test", "ada", "--data", str(tmp_path)).stderr


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"smtp_url": "smtp://u:secret-word@mail.example.org"}, "must not hold a password"),
        ({"smtp_url": "http://mail.example.org"}, "must be like"),
        ({"smtp_url": "smtp://"}, "must be like"),
        ({"smtp_url": "smtp://mail.example.org:99999"}, "is not an address"),
        ({"smtp_url": "smtp://mail.example.org/path"}, "must be like"),
        ({"smtp_url": "smtp://user@mail.example.org"}, "belong together"),
        ({"smtp_password_file": "smtp-password", "smtp_url": "smtp://mail.example.org"}, "belong together"),
        ({"smtp_url": "smtp://user@mail.example.org", "smtp_password_file": "gone"}, "cannot be read"),
        ({"smtp_url": "smtp://mail.example.org", "smtp_ca_file": "smtp-password"}, "no readable PEM certificates"),
        ({"smtp_url": "smtp://mail.example.org", "mail_from": ""}, "needs `mail_from`"),
        ({"smtp_url": "smtp://mail.example.org", "mail_from": "Example <id@example.org>"}, "not an email address"),
        ({"smtp_url": "smtp+plain://mail.example.org"}, "show links and codes to the network"),
        ({"smtp_url": ""}, "means something only with `smtp_url`"),
        ({"smtp_uri": "x"}, "unknown key `smtp_uri`"),
    ],
)
def test_settings_that_cannot_work_or_are_unsafe_are_refused_at_start(
    configure: Configure, settings: dict[str, str], told: str
) -> None:
    directory = configure(**{"mail_from": "id@example.org", **settings})
    with pytest.raises(SettingsRefused, match=told) as refused:
        read_mail_settings(directory, development=True)
    assert "secret-word" not in str(refused.value)


def test_a_password_file_that_others_may_read_is_refused(configure: Configure) -> None:
    directory = configure(
        smtp_url="smtp://user@mail.example.org", smtp_password_file="smtp-password", mail_from="id@example.org"
    )
    file = directory.path / "smtp-password"
    settings = read_mail_settings(directory, development=False)
    assert settings.server is not None
    assert settings.server.transport is Transport.STARTTLS
    assert PASSWORD not in repr(settings)
    file.chmod(0o640)
    with pytest.raises(SettingsRefused, match=r"mode 640\): chmod it to 600"):
        read_mail_settings(directory, development=False)
    file.write_text("\n")
    file.chmod(0o600)
    with pytest.raises(SettingsRefused, match="is empty"):
        read_mail_settings(directory, development=False)


def test_plain_smtp_is_for_this_machine_and_development(configure: Configure) -> None:
    directory = configure(smtp_url="smtp+plain://127.0.0.1:1025", mail_from="id@example.org")
    assert read_mail_settings(directory, development=True).mailing(development=True) is Mailing.SENT
    with pytest.raises(SettingsRefused, match="for --development"):
        read_mail_settings(directory, development=False)


def test_without_a_server_mails_are_shown_in_development_and_off_otherwise(configure: Configure) -> None:
    settings = read_mail_settings(configure(), development=True)
    assert settings.mailing(development=True) is Mailing.SHOWN
    assert settings.mailing(development=False) is Mailing.OFF


def test_a_start_without_a_mail_server_says_so_outside_development(
    configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    settings = ServeSettings(
        data=configure().path, host="127.0.0.1", port=8480, database_url="", issuer="http://127.0.0.1:8480"
    )
    for development, told in ((True, 0), (False, 1)):
        preparation._check_mail(DataDirectory(settings.data), replace(settings, development=development))
        assert len(caplog.records) == told
    assert "no mail server is configured" in caplog.text
