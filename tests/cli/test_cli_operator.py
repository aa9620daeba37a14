"""The operator's commands as they are typed: real processes on a real data directory."""

from __future__ import annotations

import base64
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ostiary.kit.crypto.merkle import verify_inclusion
from ostiary.kit.crypto.note import open_checkpoint
from parts.server import CommandResult, run_ostiary

EXAMPLE = Path(__file__).parents[2] / "examples/organization.toml"
Run = Callable[..., CommandResult]


@pytest.fixture(scope="session")
def example_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, applied and sealed by making a backup."""
    place = tmp_path_factory.mktemp("cli")
    run_ostiary("init", "--data", str(place / "data"), "--json")
    applied = run_ostiary("apply", str(EXAMPLE), "--data", str(place / "data"), "--json").json()
    assert applied["applied"] is True
    run_ostiary("backup", str(place / "house.backup"), "--data", str(place / "data"))
    return place


@pytest.fixture
def data(example_directory: Path, tmp_path: Path) -> Path:
    shutil.copytree(example_directory / "data", tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def run(data: Path) -> Run:
    def command(*arguments: str | Path, code: int = 0) -> CommandResult:
        done = run_ostiary(*map(str, arguments), "--data", str(data), check=False)
        assert done.code == code, done.out + done.err
        assert "Traceback" not in done.out + done.err
        return done

    return command


def test_apply_is_planned_applied_once_and_then_has_nothing_to_change(run: Run, tmp_path: Path) -> None:
    assert run("apply", EXAMPLE).out == "nothing to change\n"
    moved = tmp_path / "moved.toml"
    moved.write_text('[[person]]\nuser_name = "ana"\ngroups = ["platform"]\n[[group]]\nname = "x"\n')
    refused = run("apply", moved, code=2)
    assert f"{moved}:4: `owner` is missing" in refused.err
    assert run("apply", moved, "--json", code=2).json()["problems"][0]["line"] == 4

    moved.write_text('[[person]]\nuser_name = "ana"\ngroups = ["platform"]\n')
    planned = run("apply", moved, "--plan")
    assert "~ person ana\n    groups: payments-developers -> platform" in planned.out
    assert "nothing was changed" in planned.out
    change = run("apply", moved, "--plan", "--json").json()["changes"][0]
    assert change["fields"] == [{"name": "groups", "before": "payments-developers", "after": "platform"}]
    assert run("apply", moved).out.endswith("applied 1 changed\n")
    assert run("apply", moved, "--json").json()["changes"] == []


def test_apply_invites_new_people_when_asked(run: Run, tmp_path: Path) -> None:
    new = tmp_path / "new.toml"
    new.write_text('[[person]]\nuser_name = "dee"\ndisplay_name = "Dee"\n')
    [invited] = run("apply", new, "--invite", "--json").json()["invitations"]
    assert invited["user_name"] == "dee"
    assert invited["link"].startswith("http://127.0.0.1:8480/enroll/oste_")


def test_a_file_that_is_not_there_is_refused(run: Run, tmp_path: Path) -> None:
    assert "cannot be read" in run("apply", tmp_path / "no.toml", code=2).err
    assert "cannot be read" in run("apply", tmp_path, code=2).err


def test_a_directory_without_organization_is_refused(tmp_path: Path) -> None:
    for arguments in (("apply", str(EXAMPLE)), ("audit", "verify"), ("backup", str(tmp_path / "b"))):
        done = run_ostiary(*arguments, "--data", str(tmp_path / "nothing"), check=False)
        assert (done.code, "Traceback" in done.err) == (2, False)
        assert "ostiary init" in done.err
    assert not (tmp_path / "b").exists()


junk = st.text(st.sampled_from(list("[]{}=,.\"'\\\n \t019aeu")) | st.characters(codec="utf-8"), max_size=60) | st.lists(
    st.sampled_from(
        ["[[person]]\n", "[[role]]\n", 'name = "a"\n', "policies = {}\n", 'trust_policy = "', "}", '"\n', "=1\n"]
    ),
    max_size=8,
).map("".join)


@given(junk)
@example('[[role]]\nname = "a"\ntrust_policy = "{\\"Statement\\": 1}"\n')
@example("a = " + "[" * 5000)
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_junk_never_gives_a_traceback(example_directory: Path, text: str) -> None:
    file = example_directory / "junk.toml"
    file.write_bytes(text.encode())
    done = run_ostiary("apply", str(file), "--plan", "--data", str(example_directory / "data"), check=False)
    assert done.code in {0, 2}
    assert "Traceback" not in done.out + done.err
    if done.code:
        assert f"{file}:" in done.err


def test_a_person_is_invited_once_more_and_disabled(run: Run) -> None:
    new = run("person", "invite", "dee", "--display-name", "Dee", "--group", "platform", "--json").json()
    assert (new["status"], new["groups"]) == ("invited", ["platform"])
    again = run("person", "invite", "DEE", "--json").json()
    assert again["person_id"] == new["person_id"]
    assert again["enrolment_link"] != new["enrolment_link"]
    assert "there is no group `x`" in run("person", "invite", "eve", "--group", "x", code=2).err
    assert run("person", "disable", "dee", "--json").json()["status"] == "disabled"
    assert "is disabled" in run("person", "invite", "dee", code=2).err
    assert "there is no person `nobody`" in run("person", "disable", "nobody", code=2).err
    assert "cannot be a user name" in run("person", "invite", "a b", code=2).err


def test_an_application_gets_a_new_secret_and_only_its_hash_is_kept(run: Run, data: Path) -> None:
    made = run("application", "secret", "expenses", "--days", "30", "--json").json()
    assert sorted(made) == ["client_id", "client_secret", "expires_at"]
    assert made["client_secret"].encode() not in (data / "ostiary.db").read_bytes()
    assert "there is no application `x`" in run("application", "secret", "x", code=2).err


def test_an_access_key_needs_a_user_a_reason_and_an_end(run: Run, tmp_path: Path) -> None:
    user = tmp_path / "user.toml"
    user.write_text('[[iam_user]]\nname = "old"\nowner = "bo"\nreason = "r"\nexpires = 2999-01-01\n')
    run("apply", user)
    create = ("access-key", "create", "--user")
    made = run(*create, "old", "--reason", "a box without OIDC", "--days", "5", "--json").json()
    assert made["access_key_id"].startswith("AKIA")
    assert "does not exist" in run(*create, "x", "--reason", "r", "--days", "5", code=2).err
    assert "needs a reason" in run(*create, "old", "--reason", " ", "--days", "5", code=2).err
    run(*create, "old", "--reason", "r", code=2)


def test_the_trail_verifies_with_the_directory_and_with_a_copy_alone(run: Run, example_directory: Path) -> None:
    here = run("audit", "verify", "--json").json()
    assert here["verified"] is True
    backup, vkey = example_directory / "house.backup", (example_directory / "data/trail.vkey").read_text()
    before = backup.read_bytes()
    there = run_ostiary("audit", "verify", "--database", str(backup), "--vkey", vkey, "--json").json()
    assert (there["records"], there["root"]) == (here["records"], here["root"])
    assert backup.read_bytes() == before


def test_a_changed_record_is_named(example_directory: Path, tmp_path: Path) -> None:
    copy, vkey = tmp_path / "copy.db", (example_directory / "data/trail.vkey").read_text()
    shutil.copy(example_directory / "house.backup", copy)
    with closing(sqlite3.connect(copy)) as driver:
        driver.execute(
            "UPDATE event SET body = CAST(replace(body, 'operator', 'somebody') AS BLOB) WHERE leaf_index = 1"
        )
        driver.commit()
    arguments = ("audit", "verify", "--database", str(copy), "--vkey", vkey)
    done = run_ostiary(*arguments, check=False)
    assert done.code == 1
    assert "record 1 (" in done.err
    assert run_ostiary(*arguments, "--json", check=False).json()["verified"] is False


def test_a_rolled_back_database_is_noticed_by_the_checkpoint_outside(run: Run, data: Path, tmp_path: Path) -> None:
    old = (data / "ostiary.db").read_bytes()
    run("backup", tmp_path / "later.backup")
    for name in ("ostiary.db-wal", "ostiary.db-shm"):
        (data / name).unlink(missing_ok=True)
    (data / "ostiary.db").write_bytes(old)
    assert "rolled back" in run("audit", "verify", code=1).err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say what to verify"),
        (("--database", "FILE"), "needs --vkey"),
        (("--database", "FILE", "--vkey", "junk"), "form name+id+key"),
        (("--database", "missing.db", "--vkey", "VKEY"), "cannot be read"),
        (("--data", "DATA", "--vkey", "x"), "belong to --database"),
    ],
)
def test_a_verification_that_cannot_be_done_says_why(
    example_directory: Path, arguments: tuple[str, ...], said: str
) -> None:
    places = {"FILE": str(example_directory / "house.backup"), "DATA": str(example_directory / "data")}
    places["VKEY"] = (example_directory / "data/trail.vkey").read_text()
    done = run_ostiary("audit", "verify", *(places.get(a, a) for a in arguments), check=False)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_proof_holds_offline(run: Run, data: Path) -> None:
    with closing(sqlite3.connect(data / "ostiary.db")) as driver:
        [event_id] = driver.execute("SELECT event_id FROM event WHERE name = 'ApplyOrganization'").fetchone()
    shown: dict[str, Any] = run("audit", "proof", event_id).json()
    signed = open_checkpoint(shown["checkpoint"], (data / "trail.vkey").read_text().strip())
    verify_inclusion(
        base64.b64decode(shown["leaf_hash"]),
        index=shown["leaf_index"],
        size=signed.size,
        proof=[base64.b64decode(value) for value in shown["inclusion_proof"]],
        root=signed.root,
    )
    assert shown["event"]["event_id"] == event_id
    assert "there is no event `x`" in run("audit", "proof", "x", code=2).out


def test_a_backup_is_written_once_and_privately_and_recorded(run: Run, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.backup"
    assert run("backup", file, "--json").json()["bytes"] == file.stat().st_size
    assert file.stat().st_mode & 0o777 == 0o600
    assert "exists" in run("backup", file, code=2).err
    assert run("backup", tmp_path / "no/such/place", code=2).err
    assert (data / "root.key").read_text().strip().encode() not in file.read_bytes()
    with closing(sqlite3.connect(file)) as driver:
        [recorded] = driver.execute("SELECT count(*) FROM event WHERE name = 'BackUp'").fetchone()
    assert recorded == 2


def test_a_restore_asks_first_and_puts_everything_back(run: Run, example_directory: Path) -> None:
    backup = example_directory / "house.backup"
    run("person", "invite", "dee")
    assert "give --yes" in run("restore", backup, code=2).err
    assert run("restore", backup, "--yes", "--json").json()["organization"] == "Example Payments"
    assert run("audit", "verify", "--json").json()["verified"] is True
    assert "there is no person `dee`" in run("person", "disable", "dee", code=2).err


def test_a_restore_on_a_fresh_machine_needs_only_the_root_key(example_directory: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    restore = ("restore", str(example_directory / "house.backup"), "--data", str(fresh))
    assert run_ostiary(*restore, check=False).code == 2
    assert list(fresh.iterdir()) == []
    shutil.copy2(example_directory / "data/root.key", fresh)
    run_ostiary(*restore)
    assert run_ostiary("apply", str(EXAMPLE), "--data", str(fresh)).out == "nothing to change\n"


def test_what_is_no_backup_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "junk").write_bytes(b"junk" * 1000)
    assert "nothing was replaced" in run("restore", tmp_path / "junk", "--yes", code=2).err
    assert "No such file" in run("restore", tmp_path / "missing", "--yes", code=2).err


@pytest.mark.parametrize(
    "options",
    [
        ("--administrator", "a b"),
        ("--email", "none"),
        ("--name", ""),
        ("--name", "red\x1b[31m"),
        ("--name", "x" * 129),
        ("--issuer", "http://id.example.org"),
        ("--issuer", "https://id.example.org/path"),
        ("--issuer", "https://id.example.org/?a#b"),
        ("--issuer", "ftp://id.example.org"),
    ],
)
def test_an_initialization_that_was_refused_can_be_tried_again(tmp_path: Path, options: tuple[str, str]) -> None:
    data = str(tmp_path / "data")
    refused = run_ostiary("init", "--data", data, *options, check=False)
    assert (refused.code, "Traceback" in refused.err, refused.err[:9]) == (2, False, "ostiary: ")
    assert run_ostiary("init", "--data", data, "--json").json()["enrolment_path"]


def test_a_place_that_cannot_be_a_data_directory_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/none")):
        refused = run_ostiary("init", "--data", str(place), check=False)
        assert refused.code == 2
        assert refused.err.startswith(f"ostiary: `{place}` cannot become a data directory: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("init",),
        ("init", "--bogus"),
        ("nothing",),
        ("serve", "--data", "x", "--workers", "many"),
        ("credentials", "--data", "x", "--format", "xml"),
        ("person", "invite"),
        ("apply", "x", "--data", "x", "--plan"),
        ("audit",),
    ],
)
def test_with_json_a_wrong_command_line_is_answered_in_json(arguments: tuple[str, ...]) -> None:
    refused = run_ostiary(*arguments, "--json", check=False)
    assert refused.code == 2
    assert refused.json()["error"]
    assert refused.err == ""


def test_with_json_a_database_that_cannot_be_used_is_told_in_json(data: Path) -> None:
    (data / "ostiary.db").write_bytes(b"this is no database" * 1000)
    for command in (("credentials",), ("audit", "verify"), ("person", "disable", "ana")):
        refused = run_ostiary(*command, "--data", str(data), "--json", check=False)
        assert (refused.code, refused.err) == (2, "")
        assert refused.json()["error"] == "the database cannot be used: file is not a database"


def test_a_database_without_tables_is_refused_by_every_command(data: Path) -> None:
    (data / "ostiary.db").unlink()
    for command in (("credentials",), ("audit", "verify"), ("serve",)):
        refused = run_ostiary(*command, "--data", str(data), check=False)
        assert (refused.code, "Traceback" in refused.err) == (2, False)
        assert "ostiary init" in refused.err


def test_apply_tells_what_is_doubtful_about_the_policies_that_it_changes(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "organization.toml"
    file.write_text(EXAMPLE.read_text().replace('"secretsmanager:PutSecretValue"', '"secretsmanager:PutSecretValu"', 1))
    planned = run("apply", file, "--plan").out
    assert "\n    ! policies.RotateSecrets: error[INVALID_ACTION] `secretsmanager:PutSecretValu` is not an" in planned
    (finding,) = run("apply", file, "--json").json()["findings"]
    assert (finding["name"].partition(" ")[0], finding["issueCode"]) == ("deployer", "INVALID_ACTION")
    assert run("apply", file, "--json").json()["findings"] == []
