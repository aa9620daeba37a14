"""Does the operator let somebody in again who lost everything, alone only where the directory names no helpers?"""

from __future__ import annotations

from pathlib import Path

from parts.server import CommandResult, run_ostiary

_HELPERS = """
[[group]]
name = "service-desk"
owner = "operator"
purpose = "helps people back in"

[[person]]
user_name = "maria"
display_name = "Maria Lopez"

[[sign_in_policy]]
directory = "workforce"
recovery_approvers = ["service-desk"]
"""


def test_the_operator_recovers_alone_or_asks_a_helper(tmp_path: Path) -> None:
    data = str(tmp_path / "data")

    def run(*arguments: str, code: int = 0) -> CommandResult:
        done = run_ostiary(*arguments, "--data", data, check=False)
        assert done.code == code, done.out + done.err
        assert "Traceback" not in done.out + done.err
        return done

    run("init")
    run("person", "invite", "maria", "--email", "maria@example.org")
    alone = run("person", "recover", "maria", "--reason", "lost her phone", "--json").json()
    assert alone["enrolment_link"].rpartition("/")[2].startswith("oste_")
    assert "nobody of that name" in run("person", "recover", "nobody", "--reason", "x", code=2).err
    assert "say why" in run("person", "recover", "maria", "--reason", " ", code=2).err
    (tmp_path / "helpers.toml").write_text(_HELPERS)
    run("apply", str(tmp_path / "helpers.toml"))
    asked = run("person", "recover", "maria", "--reason", "lost her phone", "--json").json()
    assert (asked["approved"], "enrolment_link" in asked) == (False, False)
    assert "open request" in run("person", "recover", "maria", "--reason", "again", code=2).err
