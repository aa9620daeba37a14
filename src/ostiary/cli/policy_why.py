"""`ostiary policy why`: may this caller do that, and which statement of which policy says so?

Offline, on a data directory. Ends with 0 for allowed, 1 for denied, 2 when it cannot be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import House, open_house
from ostiary.cli.output import REFUSED, AsJson, fail
from ostiary.cli.policy_report import visible
from ostiary.cli.policy_trace import write_explanation, write_explanation_json
from ostiary.cli.refusals import REFUSALS
from ostiary.domain.posture.explanation import Explanation, Explanations, Question
from ostiary.domain.sessions.operator_credentials import operator
from ostiary.policy import ContextValue
from ostiary.policy.reach.answer import Verdict

_STATUS: Final = {Verdict.YES: 0, Verdict.NO: 1, Verdict.IF: REFUSED}


def why(
    caller: Annotated[
        str, typer.Argument(help="ARN of a role, role session, IAM user, application or person, or her user name.")
    ],
    action: Annotated[str, typer.Argument(help="Such as secretsmanager:GetSecretValue.")],
    resource: Annotated[str, typer.Argument(help="An ARN, `*`, or the name of a secret.")],
    data: Annotated[Path, typer.Option("--data", help="Data directory that `ostiary init` made.")],
    context: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Condition key that the request has; repeatable, also with one key."),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Tell why somebody may do something, or may not.

    With every statement that was looked at. Ends with 0 for allowed, 1 for denied, 2 when it cannot be told. The trail
    records the question.
    """
    try:
        question = Question(caller, action, resource, _context(context or ()))
        with open_house(DataDirectory(data)) as house:
            explanation = _explain(house, question)
    except REFUSALS as failure:
        fail(visible(str(failure)), as_json=as_json)
    (write_explanation_json if as_json else write_explanation)(explanation)
    raise typer.Exit(_STATUS[explanation.verdict])


def _explain(house: House, question: Question) -> Explanation:
    room = Explanations(
        index=house.remembered.access,
        standings=house.standings,
        transactions=house.database,
        recorder=house.database,
        clock=house.clock,
    )
    return room.explain(operator(house.organization.account), question)


def _context(given: Sequence[str]) -> dict[str, ContextValue]:
    """Raises ValueError. A key that is given several times has several values."""
    found: dict[str, tuple[str, ...]] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or ":" not in key:
            raise ValueError(f"`{text[:100]}` is not a condition key with its value, such as aws:SourceIp=192.0.2.7")
        found[key] = (*found.get(key, ()), value)
    return {key: values[0] if len(values) == 1 else values for key, values in found.items()}
