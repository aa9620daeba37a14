"""How do the peers and the load generator get onto this machine?

Python peers from `requirements/bench.lock` and `peers/policy.lock` (hashes) into their own venv, the node peer from
`peers/package-lock.json` (hashes), `wrk` and node as Debian packages when we may install them. Installed once, again
only when a lock changes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from bench.places import PEER_NODE, PEER_PYTHON, PEERS, PROJECT_UV, ROOT, WORK, BenchError

_BENCH_LOCK = ROOT / "requirements" / "bench.lock"
_PROFILER_LOCK = PEERS / "profiler.lock"
_POLICY_LOCK = PEERS / "policy.lock"
_NODE_FILES = ("package.json", "package-lock.json", "oidc_provider.mjs")
_INSTALL_SECONDS = 600


def install_peers() -> None:
    """Raises BenchError with the end of the installer's own words when one fails."""
    WORK.mkdir(exist_ok=True)
    _install_python_peers()
    _install_node_peer()


def find_wrk() -> str | None:
    """The path of wrk; installs the Debian package if it may. None means: use the slower generator in Python."""
    return _find_debian_program("wrk", package="wrk")


def _install_python_peers() -> None:
    locks = (_BENCH_LOCK, _PROFILER_LOCK, _POLICY_LOCK)
    stamp = PEER_PYTHON.parent.parent / "installed"
    if _is_current(stamp, locks):
        return
    print("bench: installing the moto server, cedarpy, pycasbin and py-spy into .bench/python")
    _run([sys.executable, "-m", "venv", "--clear", str(PEER_PYTHON.parent.parent)])
    for lock in locks:
        _run([*_pip_install(), "--require-hashes", "-r", str(lock)])
    stamp.write_text(_digest(locks))


def _pip_install() -> list[str]:
    if PROJECT_UV.exists():
        return [str(PROJECT_UV), "pip", "install", "--quiet", "--python", str(PEER_PYTHON)]
    return [str(PEER_PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def _install_node_peer() -> None:
    if not _find_debian_program("node", package="nodejs") or not _find_debian_program("npm", package="npm"):
        raise BenchError("the peer oidc-provider needs node and npm (Debian: apt-get install nodejs npm)")
    files = [PEERS / name for name in _NODE_FILES]
    stamp = PEER_NODE / "installed"
    if _is_current(stamp, files):
        return
    print("bench: installing oidc-provider into .bench/node")
    PEER_NODE.mkdir(exist_ok=True)
    for file in files:
        shutil.copy(file, PEER_NODE / file.name)
    _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], directory=PEER_NODE)
    stamp.write_text(_digest(files))


def _find_debian_program(name: str, *, package: str) -> str | None:
    found = shutil.which(name)
    if found or os.geteuid() != 0 or not shutil.which("apt-get"):
        return found
    print(f"bench: installing the Debian package {package}")
    try:
        _run(["apt-get", "install", "--yes", "--no-install-recommends", package])
    except BenchError as error:
        print(f"bench: {error}")
    return shutil.which(name)


def _run(command: Sequence[str], *, directory: Path = ROOT) -> None:
    try:
        done = subprocess.run(
            command, cwd=directory, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"`{' '.join(command)}` did not end within {_INSTALL_SECONDS} s") from error
    if done.returncode != 0:
        tail = (done.stderr or done.stdout).strip()[-800:]
        raise BenchError(f"`{' '.join(command)}` ended with {done.returncode}: {tail}")


def _digest(files: Sequence[Path]) -> str:
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _is_current(stamp: Path, files: Sequence[Path]) -> bool:
    return stamp.exists() and stamp.read_text() == _digest(files)
