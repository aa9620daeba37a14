"""`ostiary password-cost` as it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from parts.server import run_ostiary


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("cost") / "data"
    run_ostiary("init", "--data", str(place), "--json")
    return str(place)


def test_the_cost_is_shown_raised_and_never_lowered(data: str) -> None:
    first = run_ostiary("password-cost", "--data", data, "--json").json()
    assert first["memory_kib"] >= 19 * 1024
    assert first["iterations"] >= 2
    assert not first["raised"]
    raised = run_ostiary("password-cost", "--data", data, "--measure", "--milliseconds", "400", "--json").json()
    assert raised["raised"]
    assert raised["memory_kib"] * raised["iterations"] > first["memory_kib"] * first["iterations"]
    stays = run_ostiary("password-cost", "--data", data, "--measure", "--milliseconds", "10").out
    assert f"{raised['memory_kib'] // 1024} MiB, {raised['iterations']} times" in stays
    assert "the cost stays" in stays


def test_a_target_out_of_bounds_is_refused(data: str) -> None:
    refused = run_ostiary("password-cost", "--data", data, "--milliseconds", "5000", check=False)
    assert refused.code == 2
    assert "must take 10 to 2000 milliseconds" in refused.err


def test_a_server_does_not_start_with_a_list_that_is_none(data: str) -> None:
    settings = Path(data) / "ostiary.toml"
    before = settings.read_text() if settings.exists() else None
    (Path(data) / "leaked.txt").write_text("password\nletmein\n")
    settings.write_text('leaked_passwords = "leaked.txt"\n')
    settings.chmod(0o600)
    refused = run_ostiary("serve", "--data", data, "--listen", "127.0.0.1:9", check=False)
    if before is not None:
        settings.write_text(before)
    assert refused.code == 2
    assert "HASH:COUNT" in refused.err
