"""`ostiary policy why` as it is typed: a real process on a real data directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from parts.server import CommandResult, run_ostiary

ORGANIZATION = """
[[role]]
name = "reader"
trust_policy = '''{"Version": "2012-10-17", "Statement": {
  "Effect": "Allow", "Principal": {"AWS": "${account}"}, "Action": "sts:AssumeRole"}}'''

[role.policies]
Own = '''{"Version": "2012-10-17", "Statement": [
  {"Sid": "OwnTeam", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*",
   "Condition": {"StringEquals": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"}}},
  {"Effect": "Deny", "Action": "secretsmanager:Delete*", "Resource": "*"}
]}'''
"""
READ = "secretsmanager:GetSecretValue"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("why")
    run_ostiary("init", "--data", str(place / "data"), "--json")
    (place / "organization.toml").write_text(ORGANIZATION)
    run_ostiary("apply", str(place / "organization.toml"), "--data", str(place / "data"))
    return place / "data"


@pytest.fixture(scope="module")
def reader(data: Path) -> str:
    """The account stands in the verifier key's name."""
    account = (data / "trail.vkey").read_text().partition("+")[0].rpartition("/")[2]
    return f"arn:aws:iam::{account}:role/reader"


def why(data: Path, *arguments: str, code: int) -> CommandResult:
    done = run_ostiary("policy", "why", *arguments, "--data", str(data), check=False)
    assert done.code == code, done.out + done.err
    assert "Traceback" not in done.out + done.err
    assert "\x1b" not in done.out + done.err
    return done


def test_the_verdict_comes_first_and_then_each_statement(data: Path, reader: str) -> None:
    open_ = why(data, reader, READ, "shop/key", code=2).out
    assert open_.startswith("cannot tell: ")
    assert "allowed when: StringEquals aws:RequestTag/team '${aws:PrincipalTag/team}'" in open_
    assert "reader/Own Statement[0] `OwnTeam` Allow does not apply: its condition does not hold" in open_
    assert "aws:PrincipalTag/team = missing" in open_
    assert "reader/Own Statement[1] Deny does not apply: its actions are secretsmanager:Delete*" in open_
    known = ("--context", "aws:PrincipalTag/team=shop", "--context")
    granted = why(data, reader, READ, "shop/key", *known, "aws:RequestTag/team=shop", code=0).out
    assert granted.startswith("allowed: ")
    refused = why(data, reader, READ, "shop/key", *known, "aws:RequestTag/team=\x1b[31mbank", code=1).out
    assert refused.startswith("denied: ")
    assert "aws:RequestTag/team = \\x1b[31mbank" in refused


def test_an_explicit_deny_is_told_in_json_too(data: Path, reader: str) -> None:
    told = why(data, reader, "secretsmanager:DeleteSecret", "shop/key", "--json", code=1).json()
    assert told["verdict"] == "denied"
    (standing,) = told["standings"]
    assert "with an explicit deny in an identity-based policy" in standing["reason"]
    applied = [one for one in standing["statements"] if one["applied"]]
    assert [(one["policy"], one["index"], one["effect"]) for one in applied] == [("reader/Own", 1, "Deny")]


def test_a_question_that_cannot_be_asked_is_refused_and_steers_no_terminal(data: Path, reader: str) -> None:
    assert "\\x1b" in why(data, "\x1b]0;owned\x07", READ, "*", code=2).err
    assert "there is no principal" in why(data, "\x1b[31m", READ, "*", "--json", code=2).json()["error"]
    assert "is not a condition key" in why(data, reader, READ, "*", "--context", "team", code=2).err


def test_a_slip_is_told_right_after_the_verdict_and_in_json(data: Path, reader: str) -> None:
    lines = why(data, reader, "secretsmanager:GetSecretValu", "shop/key", code=1).out.splitlines()
    assert lines[1].startswith("  note: `secretsmanager:GetSecretValu` is not an action of secretsmanager; did you")
    told = why(data, reader, READ, "shop/key", "--json", "--context", "aws:SourceIpp=192.0.2.7", code=2).json()
    assert told["notes"] == ["`aws:SourceIpp` is not a known condition key; did you mean `aws:SourceIp`?"]


def test_whom_the_answer_names_may_be_asked_about(data: Path, reader: str) -> None:
    by_role = why(data, reader, READ, "shop/key", "--json", code=2).json()["standings"]
    assert why(data, by_role[0]["principal"], READ, "shop/key", "--json", code=2).json()["standings"] == by_role
