"""How many people come in per second, each with password and authenticator or with a passkey, as browsers do it?

`python -m bench.signin_load PORT CLIENTS SECONDS PEOPLE_FILE FIRST`: closed loop; each sign-in is another person from
FIRST on, with a browser of her own: page, password, page, code; or page, passkey. Prints one line of JSON.
"""

from __future__ import annotations

import http.client
import json
import re
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from http import HTTPStatus
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import msgspec

from bench.software_passkey import SoftwarePasskey
from ostiary.kit.crypto.totp import STEP_SECONDS, code_at

_CSRF = re.compile(r'name="csrf" value="([^"]*)"')
_OPTIONS = re.compile(r'data-passkey="get"[^>]*data-options="([^"]*)"')
_COOKIE = re.compile(r"([^=;]+)=([^;]*)")
_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class SignInOutcome(msgspec.Struct, frozen=True):
    """`seconds` from the start until the last answer; latencies of a whole sign-in in milliseconds."""

    signed_in: int
    seconds: float
    p50: float
    p99: float
    used: int
    failure: str


class BenchPerson(msgspec.Struct, frozen=True):
    name: str
    password: str
    secret: str
    passkey: str = ""


class NotIn(Exception):
    """An answer was not the one that a person who comes in gets."""


@dataclass(slots=True)
class Browser:
    """One person's browser on a kept connection, which it closes."""

    port: int
    address: str
    host: str
    cookies: dict[str, str] = field(default_factory=dict)
    page: str = ""

    def sign_in(self, person: BenchPerson) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=(self.address, 0))
        try:
            self._ask(connection, "GET", "/signin")
            place = self._by_passkey(connection, person) if person.passkey else self._by_code(connection, person)
        finally:
            connection.close()
        if place.startswith(("/signin", "/enroll")):
            raise NotIn(f"what was proved led to `{place}`")

    @property
    def _origin(self) -> str:
        return f"http://{self.host}:{self.port}"

    def _by_code(self, connection: http.client.HTTPConnection, person: BenchPerson) -> str:
        place = self._ask(connection, "POST", "/signin", username=person.name, password=person.password)
        self._ask(connection, "GET", place)
        code = code_at(bytes.fromhex(person.secret), int(datetime.now(UTC).timestamp()) // STEP_SECONDS)
        return self._ask(connection, "POST", place.partition("?")[0], code=code)

    def _by_passkey(self, connection: http.client.HTTPConnection, person: BenchPerson) -> str:
        found = _OPTIONS.search(self.page)
        if found is None:
            raise NotIn("the page asks for no passkey")
        asked = json.loads(unescape(found[1]))
        passkey = SoftwarePasskey(person.name, int(person.passkey, 16))
        answer = passkey.answer(asked["challenge"], party_id=asked["rpId"], origin=self._origin)
        return self._ask(connection, "POST", "/signin/passkey", credential=answer)

    def _ask(self, connection: http.client.HTTPConnection, method: str, path: str, **fields: str) -> str:
        """Where the answer sends us; empty for a page."""
        headers = {
            "Host": f"{self.host}:{self.port}",
            "User-Agent": _AGENT,
            "Accept-Language": "en",
            "Origin": self._origin,
            "Sec-Fetch-Site": "same-origin",
        }
        body = None
        if method == "POST":
            found = _CSRF.search(self.page)
            body = urlencode({"csrf": found[1] if found else "", **fields})
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        self._keep(answer)
        wanted = HTTPStatus.OK if method == "GET" else HTTPStatus.SEE_OTHER
        if answer.status != wanted:
            raise NotIn(f"{method} {path} gave {answer.status}: {text[:2000]}")
        self.page = text or self.page
        return answer.getheader("Location") or ""

    def _keep(self, answer: http.client.HTTPResponse) -> None:
        for header in answer.headers.get_all("Set-Cookie") or ():
            found = _COOKIE.match(header)
            if found is None:
                continue
            if "max-age=0" in header.lower():
                self.cookies.pop(found[1], None)
            else:
                self.cookies[found[1]] = found[2]


def sign_in_all(port: int, *, clients: int, seconds: float, people: list[BenchPerson], first: int) -> SignInOutcome:
    numbers, latencies, failures = count(first), list[float](), list[str]()
    began = time.perf_counter()

    def go_on() -> None:
        while time.perf_counter() - began < seconds and not failures:
            number = next(numbers)
            started = time.perf_counter()
            try:
                person = people[number % len(people)]
                host = "localhost" if person.passkey else "127.0.0.1"  # no browser does WebAuthn at an IP address
                Browser(port, f"127.{1 + number % 200}.{number // 200 % 250}.1", host).sign_in(person)
            except (NotIn, OSError, http.client.HTTPException) as failure:
                failures.append(f"{type(failure).__name__}: {failure}"[:3000])
            else:
                latencies.append(time.perf_counter() - started)

    threads = [threading.Thread(target=go_on) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - began
    ordered = sorted(latencies) or [0.0]
    return SignInOutcome(
        signed_in=len(latencies),
        seconds=elapsed,
        p50=ordered[len(ordered) // 2] * 1000,
        p99=ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1000,
        used=next(numbers) - first,
        failure=failures[0] if failures else "",
    )


def main(arguments: list[str]) -> None:
    port, clients, seconds, file, first = arguments
    people = msgspec.json.decode(Path(file).read_bytes(), type=list[BenchPerson])
    outcome = sign_in_all(int(port), clients=int(clients), seconds=float(seconds), people=people, first=int(first))
    print(json.dumps(msgspec.to_builtins(outcome)))


if __name__ == "__main__":
    main(sys.argv[1:])
