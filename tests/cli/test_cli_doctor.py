"""`ostiary doctor` and `ostiary break-glass` on a data directory, as an operator types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ostiary.kit.clock import SystemClock
from people_house import code_for, secret_of

OSTIARY = Path(sys.executable).parent / "ostiary"


def run(*words: str, typed: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([OSTIARY, *words], capture_output=True, text=True, check=False, input=typed, timeout=60)


@pytest.fixture
def data(tmp_path: Path) -> str:
    folder = tmp_path / "data"
    made = run("init", "--data", str(folder), "--name", "Example", "--administrator", "root", "--json")
    assert made.returncode == 0, made.stdout
    return str(folder)


def checks(data: str) -> dict[str, dict[str, str]]:
    answer = json.loads(run("doctor", "--data", data, "--json").stdout)
    return {one["check"]: one for one in answer["checks"]}


def seal(data: str, *more: str) -> dict[str, Any]:
    made = run("break-glass", "seal", *more, "--data", data, "--json")
    assert made.returncode == 0, made.stdout
    answer: dict[str, Any] = json.loads(made.stdout)
    return answer


def test_a_new_house_is_told_what_it_lacks(data: str) -> None:
    found = checks(data)
    assert found["break-glass"]["health"] == "warning"
    assert found["mail"]["health"] == "warning"
    assert found["administrators"]["health"] == "warning"
    assert run("doctor", "--data", data).returncode == 0


def test_a_sealed_account_is_good_and_its_envelopes_are_tried_at_the_terminal(data: str) -> None:
    sealed = seal(data, "glass", "--two-people")
    assert checks(data)["break-glass glass"]["health"] == "good"
    first, second = sealed["envelopes"]
    password = f"{first['password']}-{second['password']}"
    code = code_for(secret_of(second["uri"]), SystemClock().now())
    tried = run("break-glass", "test", "glass", "--data", data, typed=f"{password}\n{code}\n")
    assert tried.returncode == 0, tried.stderr
    assert "the envelopes open glass" in tried.stdout
    assert password not in tried.stdout + tried.stderr
    wrong = run("break-glass", "test", "glass", "--data", data, typed=f"{first['password']}\n{code}\n")
    assert wrong.returncode == 2
    assert "not that of the envelopes" in wrong.stderr


def test_a_name_that_nobody_guesses_is_made(data: str) -> None:
    name = seal(data)["user_name"]
    assert name.startswith("break-glass-")
    assert len(name) == len("break-glass-") + 8


def test_an_account_that_would_not_open_is_a_failure(data: str) -> None:
    seal(data, "glass")
    assert run("person", "disable", "glass", "--data", data).returncode == 0
    assert run("doctor", "--data", data).returncode == 1
    assert checks(data)["break-glass glass"]["health"] == "failure"


def test_somebodys_name_is_refused(data: str) -> None:
    refused = run("break-glass", "seal", "root", "--data", data)
    assert refused.returncode == 2
    assert "somebody's account" in refused.stderr


def test_a_policy_that_nobody_can_meet_is_told(data: str, tmp_path: Path) -> None:
    file = tmp_path / "organization.toml"
    file.write_text(
        '[[sign_in_policy]]\ndirectory = "consumers"\nfactors = ["password"]\nrequired = "single-factor"\n'
        '[[sign_in_policy]]\ngroup = "administrators"\nrequired = "phishing-resistant"\n'
    )
    applied = run("apply", str(file), "--data", data)
    assert applied.returncode == 0, applied.stderr
    found = checks(data)["sign-in policies"]
    assert found["health"] == "warning"
    assert "consumers with group administrators" in found["text"]


def test_the_table_is_printed_whole_and_for_one_person(data: str, tmp_path: Path) -> None:
    file = tmp_path / "organization.toml"
    file.write_text('[[sign_in_policy]]\ngroup = "administrators"\nrequired = "phishing-resistant"\n')
    assert run("apply", str(file), "--data", data).returncode == 0
    table = run("signin", "policies", "--data", data)
    assert "group administrators\n  required             phishing-resistant\n" in table.stdout
    assert "People of workforce, all together" in table.stdout
    hers = run("signin", "rules", "root", "--data", data)
    assert "phishing-resistant   (group administrators)" in hers.stdout
    answer = json.loads(run("signin", "rules", "root", "--data", data, "--json").stdout)
    assert answer["rules"]["required"] == "phishing-resistant"
    assert run("signin", "rules", "nobody", "--data", data).returncode == 2
