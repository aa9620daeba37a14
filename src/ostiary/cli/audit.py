"""`ostiary audit`: prove that nothing in the trail was changed, removed, inserted or reordered."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import open_house
from ostiary.app.trail import Copy, CopyUnusable, prove, verify_copy, verify_here
from ostiary.cli.output import AsJson, fail, note, progress, write_json, write_text
from ostiary.cli.refusals import REFUSALS
from ostiary.domain.audit.errors import TrailDamaged
from ostiary.domain.audit.verify import Progress, Verified

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Prove the trail.")
DAMAGED = 1  # exit status of a verification that found something; 2 means that it could not be done

Data = Annotated[Path | None, typer.Option("--data", help="Data directory that `ostiary init` made.")]


@app.command("verify")
def verify(
    data: Data = None,
    database: Annotated[Path | None, typer.Option(help="Verify this database file or backup instead, offline.")] = None,
    vkey: Annotated[str, typer.Option(help="Verifier key, as in DIR/trail.vkey; for --database.")] = "",
    checkpoint: Annotated[
        Path | None, typer.Option(help="A checkpoint that was kept elsewhere; for --database.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Verify every record and checkpoint; ends with 1 and names the first bad record when the trail was touched."""
    try:
        with progress(quiet=as_json) as step:
            verified = _verify(data, database, vkey, checkpoint, partial(step, "records"))
    except TrailDamaged as damage:
        _tell_damage(damage, as_json=as_json)
    except (*REFUSALS, CopyUnusable) as failure:
        fail(str(failure), as_json=as_json)
    except OSError as failure:
        fail(f"`{failure.filename}` cannot be read: {failure.strerror}", as_json=as_json)
    if as_json:
        write_json(
            {
                "verified": True,
                "records": verified.events,
                "checkpoints": verified.checkpoints,
                "unsealed": verified.unsealed,
                "root": verified.root.hex(),
                "checkpoint": verified.note,
            }
        )
        return
    write_text(f"the trail is whole: {verified.events} records under {verified.checkpoints} signed checkpoints")
    write_text(f"root {verified.root.hex()}")
    if verified.unsealed:
        write_text(f"{verified.unsealed} records are not sealed yet: a running server does it within a second")


@app.command("proof")
def proof(
    event_id: Annotated[str, typer.Argument(help="The event's id.")],
    data: Annotated[Path, typer.Option("--data", help="Data directory that `ostiary init` made.")],
    *,
    as_json: AsJson = True,
) -> None:
    """Print an event with the proof that it is in the trail, as JSON that can be verified offline."""
    try:
        with open_house(DataDirectory(data)) as house, house.database.read() as tx:
            shown = prove(tx.audit, event_id) | {"verifier_key": house.trail.signer.verifier_key}
    except REFUSALS as failure:
        fail(str(failure), as_json=as_json)
    write_json(shown)


def _verify(data: Path | None, database: Path | None, vkey: str, checkpoint: Path | None, step: Progress) -> Verified:
    if (data is None) == (database is None):
        raise ValueError("say what to verify: --data DIR, or --database FILE with --vkey")
    if database is not None:
        if not vkey:
            raise ValueError("--database needs --vkey: the verifier key, as it stands in DIR/trail.vkey")
        outside = checkpoint.read_text(encoding="utf-8") if checkpoint is not None else ""
        return verify_copy(Copy(database, vkey.strip(), outside), step)
    if vkey or checkpoint is not None or data is None:
        raise ValueError("--vkey and --checkpoint belong to --database: a data directory has its own")
    with open_house(DataDirectory(data)) as house:
        return verify_here(house, step)


def _tell_damage(damage: TrailDamaged, *, as_json: bool) -> NoReturn:
    if as_json:
        write_json({"verified": False, "error": str(damage)})
    else:
        note(f"the trail was tampered with: {damage}")
    raise typer.Exit(DAMAGED)
