"""How do the results read? One Markdown page: the machine, the goals, a table per row, how to repeat it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from bench.candidates import DISTINCT_REQUESTS, Row
from bench.decisions import DecisionResult, decision_section, judge_decisions
from bench.goals import Verdict, judge_load, judge_start
from bench.load import Run
from bench.measure import Effort, LoadResult, StartResult
from bench.passkeys import PasskeyResult, passkey_section
from bench.signins import SignInResult, judge_signins, signin_section

_MEBIBYTE = 1024**2
_TITLES = {
    Row.TOKEN: "Client-credentials token, ES256",
    Row.ASSUME_ROLE: "AssumeRole",
    Row.GET_SECRET_VALUE: "GetSecretValue",
}
_METHOD = """\
Each server is pinned to one core, the load generator to another. Closed loop with {connections} connections; {runs}
runs of {seconds:g} s per server after a warm-up, in turn (A B C A B C), so that drift of the machine meets all. Figures
are medians of the runs; a ratio is the median of the ratios within each round, because the speed of a shared machine
changes from round to round. Every answer is checked (status 2xx and its content): one wrong answer fails the row.
AWS requests are signed by botocore just before each run, {distinct:,} different ones. `core busy` is the share of its
core that the server got: where it is well under 100 %, either other work disturbed the run or the server waited (for
the disk, say); `per CPU second` counts only what it used.

- **Ostiary**: one worker, SQLite, every event durable before its answer leaves.
- **oidc-provider**: node, in-memory adapter, client_secret_basic, ES256 access tokens; one process. On a node older
  than 22 it warns that it wants a newer one.
- **moto**: its own server, threads; it verifies no signature and evaluates no policy. Reset before each run.
- **cedarpy, pycasbin**: the same rules, parsed beforehand (cedarpy with handles of its policies and entities), and
  questions prepared in the engine's own form; ours are asked with a prepared request likewise. CPU time
  of one thread, so that other work on the machine counts less.
- **argon2id alone**: one thread on the server's core that does nothing but check one password, at the cost that
  `ostiary init` measured for this machine.
- **verification alone**: one thread on the server's core that does nothing but read and verify one passkey's answer,
  by the code that the server has; nothing is looked up or kept.
- **bare WSGI**: Granian, signs an ES256 JWT and answers JSON; no client authentication, no event, no storage.
"""
_REPEAT = """\
## How to repeat

    make bench                                   # everything, writes this file
    .venv/bin/python bench/run.py --quick        # a short look, writes .bench/RESULTS.md
    .venv/bin/python bench/run.py --rows token --runs 9 --seconds 6
    .venv/bin/python bench/run.py --profile      # py-spy for each row, .bench/profile-ROW.txt

It needs two CPUs, Python 3.11, node with npm, and wrk (Debian: `apt-get install nodejs npm wrk`).
"""


@dataclass(frozen=True, slots=True)
class Setting:
    moment: datetime
    machine: Mapping[str, str]
    versions: Mapping[str, str]
    effort: Effort
    connections: int
    generator: str


@dataclass(frozen=True, slots=True)
class Results:
    """What was measured; None is a row that nobody asked for."""

    loads: Sequence[LoadResult]
    signins: SignInResult | None
    passkeys: PasskeyResult | None
    starts: StartResult | None
    decisions: DecisionResult | None

    @property
    def failures(self) -> list[str]:
        every = (*self.loads, self.signins, self.passkeys, self.starts, self.decisions)
        return [one.failure for one in every if one is not None and one.failure]


def write_report(setting: Setting, results: Results) -> str:
    verdicts = [verdict for load in results.loads for verdict in judge_load(load)]
    verdicts += judge_signins(results.signins) if results.signins else []
    verdicts += judge_start(results.starts) if results.starts else []
    verdicts += judge_decisions(results.decisions) if results.decisions else []
    parts = ["# Results of `make bench`\n", _facts(setting), _verdicts(verdicts)]
    parts += [_load_section(load) for load in results.loads]
    parts += [signin_section(results.signins)] if results.signins else []
    parts += [passkey_section(results.passkeys)] if results.passkeys else []
    parts += [_start_section(results.starts)] if results.starts else []
    parts += [decision_section(results.decisions)] if results.decisions else []
    return "\n".join([*parts, _method(setting), _REPEAT])


def _facts(setting: Setting) -> str:
    facts = {"date": setting.moment.strftime("%Y-%m-%d %H:%M UTC"), **setting.machine, **setting.versions}
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in facts.items()), ""])


def _verdicts(verdicts: Iterable[Verdict]) -> str:
    rows = [f"| {v.work} | {v.goal} | {v.measured} | {'yes' if v.met else '**no**'} |" for v in verdicts]
    if not rows:
        return "## Goals\n\nOstiary was not measured in this run.\n"
    return "\n".join(["## Goals\n", "| work | goal | measured | met |", "|---|---|---|---|", *rows, ""])


def _load_section(load: LoadResult) -> str:
    title = f"## {_TITLES[load.row]}\n"
    if load.failure:
        return f"{title}\n**No result**: {load.failure}\n"
    head = (
        "| server | requests/s | lowest - highest | p50 ms | p99 ms | core busy | per CPU second | memory after, MB |\n"
        "|---|---:|---:|---:|---:|---:|---:|---:|"
    )
    rows = [_load_row(name, runs, load) for name, runs in load.runs.items()]
    return "\n".join([title, head, *rows, "", *_comparisons(load)])


def _load_row(name: str, runs: Sequence[Run], load: LoadResult) -> str:
    rates = [run.rate for run in runs]
    cells = (
        name,
        f"{median(rates):,.0f}",
        f"{min(rates):,.0f} - {max(rates):,.0f}",
        f"{median(run.p50 for run in runs):.2f}",
        f"{median(run.p99 for run in runs):.2f}",
        f"{100 * median(run.cpu_share for run in runs):.0f} %",
        f"{median(run.answers_per_cpu_second for run in runs):,.0f}",
        f"{load.memory[name].all_together / _MEBIBYTE:.0f}",
    )
    return f"| {' | '.join(cells)} |"


def _comparisons(load: LoadResult) -> Iterator[str]:
    first, *others = load.runs
    for other in others:
        ratios = load.ratios(first, other)
        yield f"- {first} to {other}: **{median(ratios):.2f}x** (rounds: {min(ratios):.2f} - {max(ratios):.2f})"
    yield ""


def _start_section(starts: StartResult) -> str:
    title = "## Start and idle memory\n"
    if starts.failure:
        return f"{title}\n**No result**: {starts.failure}\n"
    head = (
        "| server | start to first answer, s | lowest - highest | largest process, MB | all processes, MB |\n"
        "|---|---:|---:|---:|---:|"
    )
    rows = []
    for name, seconds in starts.starts.items():
        used = starts.memory[name]
        cells = (
            name,
            f"{median(seconds):.2f}",
            f"{min(seconds):.2f} - {max(seconds):.2f}",
            f"{used.largest / _MEBIBYTE:.0f}",
            f"{used.all_together / _MEBIBYTE:.0f}",
        )
        rows.append(f"| {' | '.join(cells)} |")
    note = "Memory a second after one answer of every kind: resident set of the largest process, proportional of all."
    return "\n".join([title, head, *rows, "", note, ""])


def _method(setting: Setting) -> str:
    method = _METHOD.format(
        connections=setting.connections,
        runs=setting.effort.runs,
        seconds=setting.effort.seconds,
        distinct=DISTINCT_REQUESTS,
    )
    return f"## How it was measured\n\n{method}\nLoad generator: {setting.generator}.\n"
