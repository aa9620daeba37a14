"""What may be asked of the benchmark? Options, the order of the work, and where the results go."""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from bench.candidates import Bare, Candidate, Moto, OidcProvider, Row
from bench.decisions import measure_decisions
from bench.install import find_wrk, install_peers
from bench.load import Generator
from bench.machine import machine_facts, versions
from bench.measure import Effort, measure_load, measure_start
from bench.ostiary import Ostiary
from bench.passkeys import measure_passkeys
from bench.places import PARTIAL_RESULTS, RESULTS, WORK, BenchError
from bench.processes import choose_cpus
from bench.profiling import profile
from bench.report import Results, Setting, write_report
from bench.signins import SignInResult, measure_signins

_START = "start"
_DECISION = "decision"
_SIGN_IN = "sign-in"
_PASSKEY = "passkey"
_ROWS = (*Row, _START, _DECISION, _SIGN_IN, _PASSKEY)
_MOST_RUNS = 50
_MOST_SECONDS = 60.0


def main(arguments: Sequence[str]) -> int:
    """0: every row has a result (whether or not the goals are met); 1: a row failed; 2: nothing could be measured."""
    options = _parse(arguments)
    signal.signal(signal.SIGTERM, _leave)
    try:
        with _alone():
            install_peers()
            return _profile(options) if options.profile else _measure(options)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2


def _measure(options: argparse.Namespace) -> int:
    generator = _generator(options)
    candidates = _candidates(options)
    effort = Effort(runs=options.runs, seconds=options.seconds)
    setting = Setting(
        moment=datetime.now(UTC),
        machine=machine_facts(),
        versions=versions(generator.wrk),
        effort=effort,
        connections=options.connections,
        generator=generator.name,
    )
    results = _all_rows(options, candidates, generator, effort)
    report = write_report(setting, results)
    output = _output(options)
    output.write_text(report)
    print(f"\n{report}\nbench: written to {output}")
    return int(bool(results.failures))


def _all_rows(
    options: argparse.Namespace, candidates: Sequence[Candidate], generator: Generator, effort: Effort
) -> Results:
    loads = [
        measure_load(row, [one for one in candidates if row in one.rows], generator, effort)
        for row in Row
        if row in options.rows
    ]
    ours = next((one for one in candidates if isinstance(one, Ostiary)), None)
    signins = _signins(ours, generator, effort) if ours is not None and _SIGN_IN in options.rows else None
    by_passkey = ours is not None and _PASSKEY in options.rows
    passkeys = measure_passkeys(generator.cpus, runs=effort.runs, seconds=effort.seconds) if by_passkey else None
    starts = measure_start(candidates, generator.cpus, runs=effort.runs) if _START in options.rows else None
    decisions = measure_decisions(generator.cpus.server, runs=effort.runs) if _DECISION in options.rows else None
    return Results(loads, signins, passkeys, starts, decisions)


def _signins(ours: Ostiary, generator: Generator, effort: Effort) -> SignInResult:
    return measure_signins(ours, generator.cpus, runs=effort.runs, seconds=effort.seconds)


def _profile(options: argparse.Namespace) -> int:
    generator = _generator(options)
    ours = Ostiary()
    ours.set_up()
    for row in Row:
        if row in options.rows:
            print(f"bench: {profile(row, ours, generator, seconds=options.seconds)}")
    return 0


def _candidates(options: argparse.Namespace) -> list[Candidate]:
    peers: list[Candidate] = [OidcProvider(), Bare(), Moto()]
    if options.peers_only or not {*options.rows} & {*Row, _START, _SIGN_IN, _PASSKEY}:
        return peers
    ours = Ostiary()
    ours.set_up()
    return [ours, *peers]


def _generator(options: argparse.Namespace) -> Generator:
    wrk = None if options.no_wrk else find_wrk()
    if wrk is None:
        print("bench: wrk is missing (Debian: apt-get install wrk); using the slower generator bench/replay.py")
    cpus = choose_cpus()
    # This program signs requests and watches: that must not happen on the server's core.
    os.sched_setaffinity(0, {cpus.load})
    return Generator(wrk=wrk, connections=options.connections, cpus=cpus)


def _output(options: argparse.Namespace) -> Path:
    if options.output:
        return Path(options.output)
    whole = set(options.rows) == set(_ROWS) and not options.quick and not options.peers_only
    return RESULTS if whole else PARTIAL_RESULTS


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run.py", description="Measure Ostiary beside its peers.")
    parser.add_argument("--quick", action="store_true", help="2 runs of 1 s; writes .bench/RESULTS.md")
    parser.add_argument("--rows", default=",".join(_ROWS), help=f"some of {','.join(_ROWS)}")
    parser.add_argument("--seconds", type=float, help="length of one run (4; 1 with --quick; 10 with --profile)")
    parser.add_argument("--runs", type=int, help="runs per server and row (5; 2 with --quick)")
    parser.add_argument("--connections", type=int, default=32, help="connections of the load generator (32)")
    parser.add_argument("--profile", action="store_true", help="py-spy on Ostiary under load, instead of measuring")
    parser.add_argument("--peers-only", action="store_true", help="leave Ostiary out")
    parser.add_argument("--no-wrk", action="store_true", help="use bench/replay.py even where wrk is installed")
    parser.add_argument("--output", help="file for the results")
    options = parser.parse_args(arguments)
    options.rows = options.rows.split(",")
    if unknown := set(options.rows) - set(_ROWS):
        parser.error(f"no row is named `{min(unknown)[:40]}`; there are {', '.join(_ROWS)}")
    options.seconds = options.seconds or (10 if options.profile else 1 if options.quick else 4)
    options.runs = options.runs or (2 if options.quick else 5)
    if not (1 <= options.seconds <= _MOST_SECONDS and 1 <= options.runs <= _MOST_RUNS):
        parser.error(f"runs must be 1 to {_MOST_RUNS}, seconds 1 to {_MOST_SECONDS:.0f}")
    if not 1 <= options.connections <= 1000:
        parser.error("connections must be 1 to 1000")
    return options


@contextmanager
def _alone() -> Iterator[None]:
    """Two benchmarks at once would measure each other."""
    WORK.mkdir(exist_ok=True)
    with (WORK / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BenchError("another benchmark is running in this directory") from error
        yield


def _leave(number: int, _frame: object) -> NoReturn:
    """SIGTERM unwinds the stack, so that every server which was started is ended."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
