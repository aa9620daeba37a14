"""Steps 5 and 6: who holds which credentials, and is the trail what was sealed?"""

from __future__ import annotations

import csv
import io
import sqlite3
import time
from contextlib import closing

from demo.failure import TourFailed
from demo.stage import Stage
from demo.trail import as_line

_COLUMNS = ("user", "password_enabled", "password_last_used", "mfa_active", "access_key_1_active")
_TAMPERING = """UPDATE event SET body = CAST(replace(CAST(body AS TEXT), '"denied"', '"success"') AS BLOB)
WHERE name = 'GetSecretValue' AND CAST(body AS TEXT) LIKE '%"denied"%'"""


def show_credential_report(stage: Stage) -> None:
    """Step 5."""
    stage.screen.say("Everybody's credentials in the columns of AWS's own report, for the tools that read it.")
    deadline = time.monotonic() + 10
    while stage.door.call(stage.operator, "iam", "generate_credential_report")["State"] != "COMPLETE":
        if time.monotonic() > deadline:
            raise TourFailed("the credential report was not complete after 10 s")
    answer = stage.door.ask(stage.operator, "iam", "get_credential_report")
    rows = list(csv.DictReader(io.StringIO(answer["Content"].decode())))
    stage.screen.answered(f"{len(rows)} lines, {len(rows[0]) if rows else 0} columns, among them")
    columns = [name for name in _COLUMNS if rows and name in rows[0]]
    stage.screen.table(columns, [[row[name] for name in columns] for row in rows])
    stage.screen.event(as_line(stage.trail.of_request("GetCredentialReport", answer.request_id)))


def verify_trail(stage: Stage) -> None:
    """Step 6, first half: everything is as it was sealed."""
    stage.screen.say("Every event is hashed again, and every checkpoint's signature is checked.")
    stage.screen.answered(stage.ask_command("audit", "verify", "--data", str(stage.place.data)).strip())


def catch_tampering(stage: Stage) -> None:
    """Step 6, second half: on a copy, a denial is turned into a success by somebody who can write to the database."""
    copy = stage.place.path / "tampered.db"
    stage.screen.say("Now a copy of the database falls into wrong hands, and a denial becomes a success:")
    stage.ask_command("backup", str(copy), "--data", str(stage.place.data))
    stage.screen.asked(_TAMPERING, by="somebody with the file")
    with closing(sqlite3.connect(copy)) as database, database:
        changed = database.execute(_TAMPERING).rowcount
    if not changed:
        raise TourFailed("the copy holds no denial to change")
    stage.screen.answered(f"{changed} {'row' if changed == 1 else 'rows'} changed")
    said = stage.ask_command("audit", "verify", "--database", str(copy), "--vkey", stage.verifier_key, code=1)
    if "was changed" not in said:
        raise TourFailed(f"the changed record was not named: {said}")
    stage.screen.refused(said.strip())
