"""Where does the benchmark keep its things? Everything that is made lies in `.bench/`, which git ignores."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "bench"
PEERS = BENCH / "peers"
WORK = ROOT / ".bench"
LOGS = WORK / "logs"
RESULTS = BENCH / "RESULTS.md"
PARTIAL_RESULTS = WORK / "RESULTS.md"
PROJECT_PYTHON = ROOT / ".venv" / "bin" / "python"
PROJECT_UV = ROOT / ".venv" / "bin" / "uv"
OSTIARY = ROOT / ".venv" / "bin" / "ostiary"
PEER_PYTHON = WORK / "python" / "bin" / "python"
PEER_NODE = WORK / "node"
ORGANIZATION = BENCH / "organization.toml"


class BenchError(Exception):
    """Something that stops a row or the whole run; its text says what to do."""
