"""How many people can come in per second, and what do all others feel of it?

Sign-ins with password and authenticator are held against what argon2id alone allows on the same core, in turn; and
while they saturate the core, one client asks for tokens at an even pace. Every sign-in is another person's, from
another network, so that the throttle has no reason to hold anybody back.
"""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

import msgspec

from bench.candidates import Row
from bench.goals import Verdict
from bench.load import ask_once
from bench.ostiary import Ostiary
from bench.places import PROJECT_PYTHON, ROOT, WORK, BenchError
from bench.probe import ProbeOutcome
from bench.processes import Cpus, Server, pinned
from bench.signin_load import BenchPerson, SignInOutcome
from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import House, open_house
from ostiary.domain.credentials.authenticator import Authenticators
from ostiary.domain.credentials.hashing import PasswordHashing
from ostiary.domain.credentials.model import Password, TotpFactor
from ostiary.domain.directory.model import Person, PersonStatus
from ostiary.kit.crypto.password_cost import PasswordCost
from ostiary.storage.transaction import Transaction

_PEOPLE = 3000
_CLIENTS = 8
_PROBES_PER_SECOND = 50
_WARM_UP_SECONDS = 2.0
_GRACE_SECONDS = 60
_PASSWORD = "violet canyon drum"  # noqa: S105 - everybody's here
_PEOPLE_FILE = WORK / "people.json"
_REQUEST_FILE = WORK / "probe.bin"
_GOAL_SHARE = 0.9
_GOAL_P99 = 50.0


@dataclass(slots=True)
class SignInResult:
    """Per round: sign-ins, and checks of argon2id alone, per second; the other requests without and with sign-ins."""

    cost: PasswordCost | None = None
    signins: list[SignInOutcome] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    idle: list[ProbeOutcome] = field(default_factory=list)
    busy: list[ProbeOutcome] = field(default_factory=list)
    failure: str = ""

    @property
    def shares(self) -> list[float]:
        return [_rate(one) / other for one, other in zip(self.signins, self.alone, strict=True)]


def measure_signins(ours: Ostiary, cpus: Cpus, *, runs: int, seconds: float) -> SignInResult:
    result = SignInResult()
    try:
        people, cost = enrol_people(ours.data)
        result.cost = cost
        _PEOPLE_FILE.write_bytes(msgspec.json.encode(people))
        with ours.started(cpus) as server:
            _measure(result, _Bench(ours, server, cpus, cost), runs=runs, seconds=seconds)
    except (BenchError, OSError) as error:
        result.failure = str(error)
    return result


def enrol_people(data: Path) -> tuple[list[BenchPerson], PasswordCost]:
    """People as they are after enrolment; their passwords are hashed once: each by the door would take minutes."""
    with open_house(DataDirectory(data)) as house:
        made = _people_of(house)
        house.database.write(lambda tx: _put(tx, [row for row, _ in made]))
        people = [BenchPerson(row.person.user_name, _PASSWORD, secret) for row, secret in made]
        return people, house.remembered.keys.value.password_cost


@dataclass(frozen=True, slots=True)
class _Enrolled:
    person: Person
    password: Password
    factor: TotpFactor


@dataclass(slots=True)
class _Bench:
    ours: Ostiary
    server: Server
    cpus: Cpus
    cost: PasswordCost
    used: int = 0

    def sign_in(self, seconds: float) -> SignInOutcome:
        with self.signing_in(seconds) as running:
            return self._outcome_of(running, seconds)

    def probe_while_signing_in(self, seconds: float) -> ProbeOutcome:
        with self.signing_in(seconds + 1) as running:
            outcome = self.probe(seconds)
            self._outcome_of(running, seconds)
        return outcome

    def signing_in(self, seconds: float) -> subprocess.Popen[str]:
        numbers = [str(self.server.port), str(_CLIENTS), str(seconds), str(_PEOPLE_FILE), str(self.used)]
        command = pinned([str(PROJECT_PYTHON), "-m", "bench.signin_load", *numbers], self.cpus.load)
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def probe(self, seconds: float) -> ProbeOutcome:
        prepared = self.ours.prepare(Row.TOKEN, self.server)
        ask_once(self.server, prepared)
        _REQUEST_FILE.write_bytes(prepared.requests[0])
        numbers = [str(self.server.port), str(seconds), str(_PROBES_PER_SECOND)]
        arguments = [*numbers, str(_REQUEST_FILE), prepared.marker]
        found = msgspec.json.decode(_run("bench.probe", arguments, self.cpus.load, seconds), type=ProbeOutcome)
        if found.failure:
            raise BenchError(f"another request failed while people came in: {found.failure}")
        return found

    def hash_alone(self, seconds: float) -> float:
        arguments = [str(self.cost.memory_kib), str(self.cost.iterations), str(seconds)]
        return float(_run("bench.peers.hashing", arguments, self.cpus.server, seconds))

    def _outcome_of(self, running: subprocess.Popen[str], seconds: float) -> SignInOutcome:
        try:
            printed, complaint = running.communicate(timeout=seconds + _GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            running.kill()
            raise BenchError("the sign-ins did not end in time") from None
        if running.returncode != 0:
            raise BenchError(f"the sign-ins could not be made: {complaint.strip()[-800:]}")
        outcome = msgspec.json.decode(printed, type=SignInOutcome)
        self.used += outcome.used
        if outcome.failure:
            raise BenchError(f"somebody did not come in: {outcome.failure}")
        return outcome


def _measure(result: SignInResult, bench: _Bench, *, runs: int, seconds: float) -> None:
    bench.sign_in(_WARM_UP_SECONDS)
    for number in range(runs):
        result.alone.append(bench.hash_alone(seconds))
        result.signins.append(bench.sign_in(seconds))
        result.idle.append(bench.probe(seconds))
        result.busy.append(bench.probe_while_signing_in(seconds))
        now = f"{_rate(result.signins[-1]):.1f}/s of {result.alone[-1]:.1f}, p99 {result.busy[-1].p99:.1f} ms"
        print(f"bench: sign-in {number + 1}/{runs}: {now}", flush=True)


def judge_signins(result: SignInResult) -> Iterator[Verdict]:
    if result.failure:
        return
    share = median(result.shares)
    yield Verdict("sign-in", f"at least {_GOAL_SHARE:.0%} of argon2id alone", f"{share:.0%}", share >= _GOAL_SHARE)
    p99 = median(probe.p99 for probe in result.busy)
    yield Verdict("token while people sign in", f"p99 under {_GOAL_P99:.0f} ms", f"{p99:.1f} ms", p99 < _GOAL_P99)


def signin_section(result: SignInResult) -> str:
    title = "## Sign-in with password and authenticator\n"
    if result.failure or result.cost is None:
        return f"{title}\n**No result**: {result.failure}\n"
    hashing = f"argon2id with {result.cost.memory_kib // 1024} MiB, {result.cost.iterations} times"
    rounds = f"{min(result.shares):.2f} - {max(result.shares):.2f}"
    lines = [
        title,
        f"Hashes: {hashing}. {_CLIENTS} people at once, each by page, password, page, code; every event durable.\n",
        "| | per second | lowest - highest | p50 ms | p99 ms |",
        "|---|---:|---:|---:|---:|",
        _row("sign-ins", [_rate(one) for one in result.signins], result.signins),
        _row("argon2id alone, same core", result.alone),
        "",
        f"- Sign-ins to argon2id alone: **{median(result.shares):.2f}x** (rounds: {rounds})",
        "",
        f"Another client asks for a token (ES256, event durable) {_PROBES_PER_SECOND} times a second:\n",
        "| meanwhile | p50 ms | p99 ms | longest ms |",
        "|---|---:|---:|---:|",
        _probe_row("nothing else", result.idle),
        _probe_row("sign-ins saturate the core", result.busy),
        "",
    ]
    return "\n".join(lines)


def _row(name: str, rates: Sequence[float], outcomes: Sequence[SignInOutcome] = ()) -> str:
    times = [f"{median(getattr(one, name) for one in outcomes):.0f}" if outcomes else "" for name in ("p50", "p99")]
    return f"| {name} | {median(rates):.1f} | {min(rates):.1f} - {max(rates):.1f} | {times[0]} | {times[1]} |"


def _probe_row(name: str, probes: Sequence[ProbeOutcome]) -> str:
    cells = (median(one.p50 for one in probes), median(one.p99 for one in probes), max(one.longest for one in probes))
    return f"| {name} | {' | '.join(f'{cell:.1f}' for cell in cells)} |"


def _rate(outcome: SignInOutcome) -> float:
    return outcome.signed_in / outcome.seconds


def _run(module: str, arguments: Sequence[str], cpu: int, seconds: float) -> str:
    command = pinned([str(PROJECT_PYTHON), "-m", module, *arguments], cpu)
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=seconds + _GRACE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise BenchError(f"{module} did not end in time") from None
    if done.returncode != 0:
        raise BenchError(f"{module} failed: {done.stderr.strip()[-800:]}")
    return done.stdout


def _people_of(house: House) -> list[tuple[_Enrolled, str]]:
    now, keys = house.clock.now(), house.remembered.keys
    authenticators = Authenticators(keys=keys)
    encoded = PasswordHashing(keys=keys).hash(_PASSWORD)
    made = []
    for number in range(_PEOPLE):
        name = f"bench{number:05d}"
        person = Person(name, "workforce", name, f"Person {number}", "", PersonStatus.ACTIVE, now, language="en")
        factor = replace(authenticators.new_factor(name, name="app", now=now), confirmed_at=now)
        uri = authenticators.provisioning(factor, issuer="bench", user_name=name).key.reveal()
        made.append((_Enrolled(person, Password(name, encoded, now), factor), _secret_of(uri)))
    return made


def _secret_of(key: str) -> str:
    text = key.replace(" ", "").upper()
    return base64.b32decode(text + "=" * (-len(text) % 8)).hex()


def _put(tx: Transaction, people: Sequence[_Enrolled]) -> None:
    for enrolled in people:
        tx.directory.put_person(enrolled.person)
        tx.credentials.put_password(enrolled.password)
        tx.credentials.put_totp_factor(enrolled.factor)
