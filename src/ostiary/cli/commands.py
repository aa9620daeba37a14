"""Which commands are there, and where is each of them?

Only the command that is called is loaded: `ostiary whoami` would wait for the whole server otherwise, and a server for
every other command. What stands here is what `ostiary --help` shows; tests hold it against the commands themselves.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


class Listed(TyperCommand):
    """A command by name, and the module and name of what carries it out."""

    def __init__(self, name: str, place: str, summary: str) -> None:
        super().__init__(name, help=summary, rich_markup_mode=None)
        self._place = place

    def load(self) -> Any:
        module, _, name = self._place.partition(":")
        found = getattr(import_module(module), name)
        if isinstance(found, typer.Typer):
            return typer.main.get_group(found)
        alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        alone.command(self.name)(found)
        return typer.main.get_command(alone)


class Commands(TyperGroup):
    """All commands, none of them loaded before it is called."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{**given, "commands": COMMANDS})

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, Listed) else command, rest


COMMANDS = [
    Listed(
        "init",
        "ostiary.cli.init:init",
        "Make a data directory (database, root key) and print the first administrator's one-time enrolment link.",
    ),
    Listed(
        "serve",
        "ostiary.cli.serve:serve",
        "Serve people, applications, machines and secrets from one process tree.",
    ),
    Listed(
        "login",
        "ostiary.cli.login:login",
        "Sign in as yourself: in the browser, or with a code where there is none.",
    ),
    Listed("logout", "ostiary.cli.login:logout", "End your sign-in, at the server and here."),
    Listed(
        "whoami",
        "ostiary.cli.login:whoami",
        "Show who you are at the server, and how you signed in; the token is renewed when it is due.",
    ),
    Listed(
        "credentials",
        "ostiary.cli.credentials:credentials",
        "Print temporary AWS credentials (1 h) for the local operator; the trail records it.",
    ),
    Listed(
        "apply",
        "ostiary.cli.apply:apply_organization",
        "Show how the file differs from what is kept, and make it so in one transaction.",
    ),
    Listed("doctor", "ostiary.cli.doctor:doctor", "Look at what must work when nothing else does."),
    Listed(
        "backup",
        "ostiary.cli.backup:backup",
        "Write a consistent copy of everything that is kept, while the server runs; the root key is not in it.",
    ),
    Listed(
        "restore",
        "ostiary.cli.backup:restore",
        "Verify a backup, then replace everything that is kept by it, in one transaction.",
    ),
    Listed(
        "password-cost",
        "ostiary.cli.password_cost:password_cost",
        "Show what a hash of a password costs, and raise it on better machines; it never falls.",
    ),
    Listed("person", "ostiary.cli.person:app", "Invite people, and end their access."),
    Listed("signin", "ostiary.cli.signin:app", "See how people must sign in."),
    Listed("break-glass", "ostiary.cli.break_glass:app", "The sealed account for emergencies."),
    Listed("application", "ostiary.cli.application:app", "Credentials of applications."),
    Listed("access-key", "ostiary.cli.access_key:app", "Long-term access keys of IAM users."),
    Listed("audit", "ostiary.cli.audit:app", "Prove the trail."),
    Listed("mail", "ostiary.cli.mail:app", "Mail that the server sends."),
    Listed("policy", "ostiary.cli.policy:app", "Check policies and explain decisions."),
]
