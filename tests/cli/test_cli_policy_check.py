"""`ostiary policy check` on real files: as processes where pipes and terminals matter, else the same command inside."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ostiary.cli.main import app
from parts.server import OSTIARY, CommandResult, run_ostiary

SOUND = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:GetUser","Resource":"*"}}'
BROKEN = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Alow", "Action": "iam:GetUser", "Resource": "*"},
    {"Effect": "Allow", "Action": ["iam:GetUser", "iam:GetUsr"], "Resource": "*"}
  ]
}
"""
REDUNDANT = SOUND.replace('"iam:GetUser"', '["iam:Get*", "iam:GetUser"]')
PASS_ROLE = SOUND.replace("GetUser", "PassRole")
WITHOUT_VERSION = SOUND.replace('"Version":"2012-10-17",', "")


def check(*arguments: str | Path, code: int) -> CommandResult:
    ran = CliRunner().invoke(app, ["policy", "check", *map(str, arguments)])
    return answered(CommandResult(code=ran.exit_code, out=ran.stdout, err=ran.stderr), code)


def check_in_a_process(*arguments: str | Path, code: int, env: Mapping[str, str] | None = None) -> CommandResult:
    return answered(run_ostiary("policy", "check", *map(str, arguments), check=False, env=env), code)


def answered(done: CommandResult, code: int) -> CommandResult:
    assert done.code == code, done.out + done.err
    assert "Traceback" not in done.out + done.err
    return done


@pytest.fixture
def place(tmp_path: Path) -> Path:
    texts = {"sound": SOUND, "broken": BROKEN, "redundant": REDUNDANT, "pass": PASS_ROLE, "old": WITHOUT_VERSION}
    for name, text in texts.items():
        (tmp_path / f"{name}.json").write_text(text)
    return tmp_path


def test_findings_are_shown_like_those_of_a_compiler(place: Path) -> None:
    file = place / "broken.json"
    done = check_in_a_process(file, code=1)
    assert done.out.splitlines() == [
        f"{file}:4:16: error[INVALID_EFFECT] Effect: must be `Allow` or `Deny`",
        '  |     {"Effect": "Alow", "Action": "iam:GetUser", "Resource": "*"},',
        "  |                ^^^^^^",
        f"{file}:5:51: error[INVALID_ACTION] `iam:GetUsr` is not an action of iam; did you mean `iam:GetUser`?",
        '  | ct": "Allow", "Action": ["iam:GetUser", "iam:GetUsr"], "Resource": "*"}',
        f"  | {' ' * 40}{'^' * 12}",
    ]
    assert done.err == "1 file checked: 2 errors\n"
    assert check(place / "sound.json", code=0).out == ""


@pytest.mark.parametrize(
    ("name", "fail_on", "code"),
    [
        ("sound", "suggestion", 0),
        ("redundant", "warning", 0),
        ("redundant", "suggestion", 1),
        ("old", "warning", 1),
        ("old", "security-warning", 0),
        ("pass", "security-warning", 1),
        ("pass", "error", 0),
        ("broken", "error", 1),
        ("broken", "never", 0),
    ],
)
def test_the_exit_status_tells_of_the_worst_finding(place: Path, name: str, fail_on: str, code: int) -> None:
    check(place / f"{name}.json", "--fail-on", fail_on, code=code)


def test_a_warning_fails_and_a_suggestion_does_not_when_nothing_is_chosen(place: Path) -> None:
    check(place / "redundant.json", code=0)
    check(place / "old.json", place / "redundant.json", code=1)


def test_a_file_that_cannot_be_read_ends_with_2_and_the_others_are_checked(place: Path) -> None:
    done = check_in_a_process(place / "none.json", place, place / "broken.json", code=2)
    assert f"`{place}/none.json`: no such file or directory" in done.err
    assert f"`{place}`: is a directory" in done.err
    assert "INVALID_EFFECT" in done.out
    assert done.err.endswith("\n1 file checked, 2 not: 2 errors\n")
    assert check(place / "none.json", code=2).err.endswith("\n0 files checked, 1 not\n")
    answer = check(place / "none.json", "--json", code=2).json()
    assert answer["files"][0]["error"].endswith("no such file or directory")


def test_the_organizations_file_is_no_policy(place: Path) -> None:
    (place / "organization.toml").write_text("[organization]\nname = 'x'\n")
    assert "`ostiary apply --plan`" in check(place / "organization.toml", code=2).err


def test_standard_input_is_a_file(place: Path) -> None:
    done = subprocess.run(
        [OSTIARY, "policy", "check", "-"], input=BROKEN.encode(), capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert done.stdout.startswith(b"-:4:16: error[INVALID_EFFECT]")


def test_the_kind_of_policy_is_an_option(place: Path) -> None:
    trust = place / "trust.json"
    federated = "arn:aws:iam::123456789012:oidc-provider/token.example.com"
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": federated},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    trust.write_text(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    assert "UNSUPPORTED_PRINCIPAL" in check(trust, code=1).out
    done = check(trust, "--kind", "trust", code=1)
    assert "security-warning[OSTIARY_TRUST_WITHOUT_SUBJECT]" in done.out
    check(trust, "--kind", "nonsense", code=2)
    for kind in ("resource", "session", "boundary", "service-control", "resource-control"):
        check(trust, "--kind", kind, code=1)


def test_json_has_the_names_of_aws(place: Path) -> None:
    answer = check(place / "broken.json", place / "sound.json", "--json", code=1).json()
    assert answer["counts"] == {"ERROR": 2, "SECURITY_WARNING": 0, "WARNING": 0, "SUGGESTION": 0}
    broken, sound = answer["files"]
    assert sound == {"file": str(place / "sound.json"), "error": None, "findings": []}
    first, second = broken["findings"]
    assert first["findingType"] == "ERROR"
    assert first["issueCode"] == "INVALID_EFFECT"
    assert first["learnMoreLink"].startswith("https://docs.aws.amazon.com/IAM/")
    assert second["locations"] == [
        {
            "path": [{"value": "Statement"}, {"index": 1}, {"value": "Action"}, {"index": 1}],
            "span": {
                "start": {"line": 5, "column": 50, "offset": BROKEN.index('"iam:GetUsr"')},
                "end": {"line": 5, "column": 62, "offset": BROKEN.index('"iam:GetUsr"') + 12},
            },
        }
    ]
    assert "error" in check(place / "sound.json", "--json", "--sarif", code=2).json()


def sarif_of(*arguments: str | Path, code: int) -> dict[str, Any]:
    answer: dict[str, Any] = check(*arguments, "--sarif", code=code).json()
    return answer


def test_sarif_has_what_its_schema_requires(place: Path) -> None:
    odd = place / "odd name:é.json"
    odd.write_text(BROKEN.replace('"iam:GetUser", "Resource"', '"iam:GetUser", "NotAction": "a:b", "Resource"'))
    answer = sarif_of(odd, place / "pass.json", place / "none.json", code=2)
    assert answer["version"] == "2.1.0"
    assert answer["$schema"].endswith("sarif-2.1.0.json")
    [run] = answer["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] == "Ostiary"
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert run["columnKind"] == "unicodeCodePoints"
    [invocation] = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "no such file" in invocation["toolExecutionNotifications"][0]["message"]["text"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"]
        for location in [*result["locations"], *result.get("relatedLocations", [])]:
            physical = location["physicalLocation"]
            assert re.fullmatch(r"file:///[A-Za-z0-9/%._~-]+", physical["artifactLocation"]["uri"])
            region = physical["region"]
            assert region["startLine"] >= 1
            assert region["startColumn"] >= 1
            assert (region["endLine"], region["endColumn"]) >= (region["startLine"], region["startColumn"])
            assert region["charOffset"] >= 0
            assert region["charLength"] >= 0
    assert any("relatedLocations" in result for result in run["results"])


def test_sarif_counts_columns_from_one_and_is_whole_without_findings(place: Path) -> None:
    [run] = sarif_of(place / "broken.json", code=1)["runs"]
    region = run["results"][1]["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"], region["endColumn"]) == (5, 51, 63)
    [run] = sarif_of(place / "sound.json", code=0)["runs"]
    assert run["results"] == []
    assert run["tool"]["driver"]["rules"] == []


STEERING = "\x1b]0;owned\x07\x9b31m\x7f\u202e\u2066\r\x08"


@pytest.mark.parametrize("answer", [(), ("--json",), ("--sarif",)])
def test_a_document_cannot_steer_the_terminal(tmp_path: Path, answer: tuple[str, ...]) -> None:
    command = check if answer else check_in_a_process
    raw = tmp_path / f"a{STEERING}.json"
    escaped = json.dumps(STEERING)
    raw.write_text(
        f'{{"Version":"2012-10-17","x\x9b\x7f\u202e":1,"Statement":{{"Effect":{escaped},"Action":[{escaped},"iam:\x9b\u202e"],'
        f'"Resource":"*","Condition":{{{escaped}:{{{escaped}:{escaped}}}}}}}}}'
    )
    done = command(raw, tmp_path / f"none{STEERING}.json", *answer, code=2)
    for steering in "\x1b\x07\x9b\x7f\u202e\u2066\r\x08":
        assert steering not in done.out
        assert steering not in done.err


@pytest.mark.parametrize("answer", [(), ("--json",), ("--sarif",)])
def test_a_document_cannot_steer_the_pipeline_that_checks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: tuple[str, ...]
) -> None:
    """Runners take `::command::` at the beginning of a line, whatever is indented, and `##[command]` anywhere."""
    hostile = '{"Version":"2012-10-17","Statement":[{"Sid":"##[set-env a]###[b]","Effect":"x"}]}'
    (tmp_path / "a##[c].json").write_text(hostile)
    (tmp_path / "b.json").write_text("{\n  ::stop-commands::x\n")
    (tmp_path / "::debug::c.json").write_text("{")
    monkeypatch.chdir(tmp_path)
    out = check(Path("a##[c].json"), Path("b.json"), Path("::debug::c.json"), *answer, code=1).out
    assert "stop-commands" in out or answer
    assert "##" not in out
    assert not any(line.lstrip().startswith("::") for line in out.splitlines())


def test_colour_is_for_terminals_only(place: Path) -> None:
    coloured = on_a_terminal("policy", "check", str(place / "broken.json"))
    assert "\x1b[31m" in coloured
    assert "\x1b" not in on_a_terminal("policy", "check", str(place / "broken.json"), NO_COLOR="1")


def on_a_terminal(*arguments: str, **more: str) -> str:
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | more
    try:
        subprocess.run(
            [OSTIARY, *arguments], stdout=theirs, stderr=subprocess.DEVNULL, check=False, timeout=60, env=environment
        )
        return os.read(ours, 65_536).decode()
    finally:
        os.close(theirs)
        os.close(ours)


def test_junk_has_findings_and_no_traceback(tmp_path: Path) -> None:
    junk = {
        "empty": b"",
        "binary": bytes(range(256)),
        "deep": b"[" * 30_000,
        "large": b" " * 2_000_000,
        "surrogate": b'{"\\ud800":{"Statement":"\\udfff"}}',
        "lines": b"\r\n\r\n{\r\n",
        "long": b'{"Statement":' + b" " * 20_000 + b'{"x":' + b'"y' * 10 + b"}}",
    }
    files = []
    for name, content in junk.items():
        (tmp_path / name).write_bytes(content)
        files.append(tmp_path / name)
    done = check(*files, "/dev/zero", code=1)
    assert max(map(len, done.out.splitlines())) < 400
    check(*files, "--json", code=1)
    check(*files, "--sarif", code=1)


def test_output_that_cannot_show_a_character_writes_it_out(tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text(SOUND.replace("iam:GetUser", "iam:Gét"), encoding="utf-8")
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = check_in_a_process(file, code=1, env=environment)
    assert "iam:G\\xe9t" in done.out
