"""The table of commands is what the commands are, and a command loads no more than it needs."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from ostiary.cli.commands import COMMANDS, Listed
from ostiary.cli.main import app

SERVER = ("sqlalchemy", "falcon", "granian", "jinja2", "webauthn")


@pytest.mark.parametrize("listed", COMMANDS, ids=lambda listed: str(listed.name))
def test_what_is_listed_is_there_under_that_name_and_summary(listed: Listed) -> None:
    command = listed.load()
    assert str(command.help).startswith(str(listed.help))
    assert command.name in {listed.name, ""}


@pytest.mark.parametrize("listed", COMMANDS, ids=lambda listed: str(listed.name))
def test_every_listed_command_answers_for_its_own_help(listed: Listed) -> None:
    shown = CliRunner().invoke(app, [str(listed.name), "--help"])
    assert shown.exit_code == 0
    assert str(listed.help).split(maxsplit=1)[0] in shown.output


def test_the_help_names_every_command() -> None:
    shown = CliRunner().invoke(app, ["--help"])
    assert [line.split()[0] for line in shown.output.partition("Commands:")[2].splitlines() if line.strip()] == [
        listed.name for listed in COMMANDS
    ]


def test_a_mistyped_command_is_answered_with_the_one_that_was_meant() -> None:
    assert "Did you mean 'init'?" in CliRunner().invoke(app, ["inti"]).output


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["whoami", "--help"], ["login", "--help"]])
def test_a_person_at_a_terminal_does_not_wait_for_the_server_to_load(arguments: list[str]) -> None:
    program = f"""
import sys
from ostiary.cli.main import app
try:
    app({arguments!r})
except SystemExit:
    pass
print([name for name in {SERVER!r} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.splitlines()[-1] == "[]"
