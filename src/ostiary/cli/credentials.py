"""`ostiary credentials`: temporary credentials for the local operator, whose proof is the root key."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import open_house
from ostiary.cli.output import AsJson, fail, write_json, write_text
from ostiary.cli.refusals import REFUSALS
from ostiary.domain.sessions.role_session import TemporaryCredentials
from ostiary.kit.clock import iso


class Format(StrEnum):
    ENV = "env"
    JSON = "json"
    PROCESS = "process"


def credentials(
    data: Annotated[Path, typer.Option("--data", help="Data directory that `ostiary init` made.")],
    role: Annotated[str, typer.Option(help="ARN of the role; the administrator role when none is given.")] = "",
    form: Annotated[Format, typer.Option("--format", help="env for a shell, json, or process for the AWS CLI.")] = (
        Format.ENV
    ),
    *,
    as_json: AsJson = False,
) -> None:
    """Print temporary AWS credentials (1 h) for the local operator; the trail records it."""
    try:
        with open_house(DataDirectory(data)) as house:
            issued = house.operator_credentials.issue(role or None, house.clock.now())
    except REFUSALS as failure:
        fail(str(failure), as_json=as_json)
    if as_json or form is not Format.ENV:
        write_json(as_process_output(issued))
    else:
        write_text(as_shell_exports(issued))


def as_process_output(issued: TemporaryCredentials) -> dict[str, str | int]:
    """The form of `credential_process`: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html"""
    return {
        "Version": 1,
        "AccessKeyId": issued.access_key_id,
        "SecretAccessKey": issued.secret_access_key.reveal(),
        "SessionToken": issued.session_token,
        "Expiration": iso(issued.expiration),
    }


def as_shell_exports(issued: TemporaryCredentials) -> str:
    values = {
        "AWS_ACCESS_KEY_ID": issued.access_key_id,
        "AWS_SECRET_ACCESS_KEY": issued.secret_access_key.reveal(),
        "AWS_SESSION_TOKEN": issued.session_token,
    }
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in values.items())
