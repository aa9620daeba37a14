"""`ostiary password-cost`: what does one hash of a password cost, here and now? And does it cost enough?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import open_house
from ostiary.app.passwords import checked_milliseconds, keep_cost, measure_here, milliseconds_here, password_settings
from ostiary.cli.output import AsJson, fail, write_json, write_text
from ostiary.cli.refusals import REFUSALS
from ostiary.domain.sessions.operator_credentials import operator


def password_cost(
    data: Annotated[Path, typer.Option("--data", help="Data directory that `ostiary init` made.")],
    milliseconds: Annotated[str, typer.Option(help="What one hash is to take; password_milliseconds else.")] = "",
    *,
    measure: Annotated[bool, typer.Option("--measure", help="Measure again, and raise the cost if it is low.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a hash of a password costs, and raise it on better machines; it never falls."""
    directory = DataDirectory(data)
    try:
        wanted = checked_milliseconds(milliseconds) if milliseconds else password_settings(directory).milliseconds
        with open_house(directory) as house:
            raised = False
            if measure:
                found, caller = measure_here(wanted), operator(house.organization.account)
                raised = house.database.write(lambda tx: keep_cost(tx, house.root, found, caller, house.clock))
                house.memory.reload_all()
            cost = house.remembered.keys.value.password_cost
    except REFUSALS as failure:
        fail(str(failure), as_json=as_json)
    takes = round(milliseconds_here(cost), 1)
    if as_json:
        write_json(
            {"memory_kib": cost.memory_kib, "iterations": cost.iterations, "milliseconds": takes, "raised": raised}
        )
        return
    write_text(f"argon2id with {cost.memory_kib // 1024} MiB, {cost.iterations} times: {takes} ms on this machine")
    if raised:
        write_text("The cost was raised: passwords are hashed anew as people sign in")
    elif measure:
        write_text(f"No more fits into {wanted} ms on this machine: the cost stays")
