"""On what was it measured? The machine and the versions that stand above the results."""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import subprocess
import time
from importlib import metadata
from pathlib import Path

from bench.places import PEERS, ROOT, WORK

_GIB = 1024**3
_SYNCS = 100
_BENCH_LOCK = ROOT / "requirements" / "bench.lock"
_POLICY_LOCK = PEERS / "policy.lock"


def machine_facts() -> dict[str, str]:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "CPU": f"{_cpu_model()}, {os.cpu_count()} cores",
        "memory": f"{pages / _GIB:.1f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "commit to disk": f"{_sync_millis():.2f} ms (median of {_SYNCS} writes of 4 KiB with fsync)",
        "load average before": " ".join(f"{value:.2f}" for value in os.getloadavg()),
    }


def versions(wrk: str | None) -> dict[str, str]:
    return {
        "Ostiary": f"{metadata.version('ostiary')}, commit {_first_line('git', 'rev-parse', '--short', 'HEAD')}",
        "Python": platform.python_version(),
        "Granian, Falcon, cryptography": ", ".join(map(metadata.version, ("granian", "falcon", "cryptography"))),
        "node, oidc-provider": f"{_first_line('node', '--version')}, {_node_peer_version()}",
        "moto": _locked_version("moto"),
        "cedarpy, pycasbin": ", ".join(_locked_version(name, _POLICY_LOCK) for name in ("cedarpy", "casbin")),
        "load generator": _first_line(wrk, "--version") if wrk else "bench/replay.py",
    }


def _cpu_model() -> str:
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _sync_millis() -> float:
    file = WORK / "sync.probe"
    times = []
    with file.open("wb", buffering=0) as probe:
        for _ in range(_SYNCS):
            began = time.perf_counter()
            probe.write(b"\0" * 4096)
            os.fsync(probe.fileno())
            times.append(time.perf_counter() - began)
    file.unlink()
    return statistics.median(times) * 1000


def _first_line(*command: str) -> str:
    """Of a short command's output; wrk prints its version and ends with 1."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return "unknown"
    return next(iter(done.stdout.splitlines()), "unknown").split(" Copyright")[0]


def _node_peer_version() -> str:
    return str(json.loads((PEERS / "package.json").read_text())["dependencies"]["oidc-provider"])


def _locked_version(name: str, lock: Path = _BENCH_LOCK) -> str:
    found = re.search(rf"^{name}==(\S+)", lock.read_text(), re.MULTILINE)
    return found[1] if found else "unknown"
