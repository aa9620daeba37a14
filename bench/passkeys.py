"""How many people can come in per second with a passkey, beside what verifying its signature alone allows?

A verification takes a fraction of a millisecond: what is measured is what a sign-in costs beside the proof.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import msgspec

from bench.ostiary import Ostiary
from bench.places import PROJECT_PYTHON, ROOT, WORK, BenchError
from bench.processes import Cpus, Server, pinned
from bench.signin_load import BenchPerson, SignInOutcome
from bench.software_passkey import SoftwarePasskey
from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import open_house
from ostiary.domain.credentials.model import Passkey
from ostiary.domain.directory.model import Person, PersonStatus
from ostiary.storage.transaction import Transaction

_PEOPLE = 3000
_CLIENTS = 8
_WARM_UP_SECONDS = 2.0
_GRACE_SECONDS = 60
_NO_MODEL = "00000000-0000-0000-0000-000000000000"
_PEOPLE_FILE = WORK / "passkey-people.json"


@dataclass(slots=True)
class PasskeyResult:
    """Per round: sign-ins, and verifications alone, per second."""

    signins: list[SignInOutcome] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    failure: str = ""


class AtLocalhost(Ostiary):
    """Browsers do no WebAuthn at an IP address."""

    def command(self, port: int) -> Sequence[str]:
        return [*super().command(port), "--issuer", f"http://localhost:{port}"]


def measure_passkeys(cpus: Cpus, *, runs: int, seconds: float) -> PasskeyResult:
    """On the data directory that is set up already."""
    result, ours = PasskeyResult(), AtLocalhost()
    try:
        _PEOPLE_FILE.write_bytes(msgspec.json.encode(_enrol_people(ours.data)))
        with ours.started(cpus) as server:
            _measure(result, server, cpus, runs=runs, seconds=seconds)
    except (BenchError, OSError) as error:
        result.failure = str(error)
    return result


def passkey_section(result: PasskeyResult) -> str:
    title = "## Sign-in with a passkey\n"
    if result.failure or not result.signins:
        return f"{title}\n**No result**: {result.failure}\n"
    rates = [_rate(one) for one in result.signins]
    shares = [rate / alone for rate, alone in zip(rates, result.alone, strict=True)]
    p50, p99 = (median(getattr(one, name) for one in result.signins) for name in ("p50", "p99"))
    bound = f"{median(result.alone):.0f} | {min(result.alone):.0f} - {max(result.alone):.0f}"
    rounds = f"{min(shares):.3f} - {max(shares):.3f}"
    return "\n".join(
        [
            title,
            f"ES256, its person verified. {_CLIENTS} people at once, each by page and passkey; every event durable.\n",
            "| | per second | lowest - highest | p50 ms | p99 ms |",
            "|---|---:|---:|---:|---:|",
            f"| sign-ins | {median(rates):.1f} | {min(rates):.1f} - {max(rates):.1f} | {p50:.0f} | {p99:.0f} |",
            f"| verification alone, same core | {bound} | | |",
            "",
            f"- Sign-ins to verification alone: **{median(shares):.3f}x** (rounds: {rounds})",
            "",
        ]
    )


def _measure(result: PasskeyResult, server: Server, cpus: Cpus, *, runs: int, seconds: float) -> None:
    used = _sign_in(server, cpus, _WARM_UP_SECONDS, 0).used
    for number in range(runs):
        result.alone.append(float(_run("bench.peers.verifying", [str(seconds)], cpus.server, seconds)))
        outcome = _sign_in(server, cpus, seconds, used)
        used += outcome.used
        result.signins.append(outcome)
        print(f"bench: passkey {number + 1}/{runs}: {_rate(outcome):.1f}/s of {result.alone[-1]:.0f}", flush=True)


def _sign_in(server: Server, cpus: Cpus, seconds: float, first: int) -> SignInOutcome:
    arguments = [str(server.port), str(_CLIENTS), str(seconds), str(_PEOPLE_FILE), str(first)]
    outcome = msgspec.json.decode(_run("bench.signin_load", arguments, cpus.load, seconds), type=SignInOutcome)
    if outcome.failure:
        raise BenchError(f"somebody did not come in: {outcome.failure}")
    return outcome


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


def _rate(outcome: SignInOutcome) -> float:
    return outcome.signed_in / outcome.seconds


def _enrol_people(data: Path) -> list[BenchPerson]:
    """As they are after enrolment; each by the door would take minutes."""
    passkeys = [SoftwarePasskey.generate(f"passkey{number:05d}") for number in range(_PEOPLE)]
    with open_house(DataDirectory(data)) as house:
        now = house.clock.now()

        def put(tx: Transaction) -> None:
            for one in passkeys:
                name, raw = one.handle, one.handle.encode()
                person = Person(name, "workforce", name, name, "", PersonStatus.ACTIVE, now, language="en")
                tx.directory.put_person(person)
                tx.credentials.put_passkey(
                    Passkey(
                        factor_id=name,
                        person_id=name,
                        name="software",
                        credential_id=raw,
                        public_key=one.public_key,
                        sign_count=0,
                        aaguid=_NO_MODEL,
                        transports=(),
                        attestation="none",
                        discoverable=True,
                        backup_eligible=False,
                        backed_up=False,
                        created_at=now,
                    )
                )

        house.database.write(put)
    return [BenchPerson(one.handle, "", "", passkey=hex(one.secret)) for one in passkeys]
