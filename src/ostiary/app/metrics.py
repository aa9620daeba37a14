"""What is counted about requests? By door and status class; never by person, address or path.

Requests are added up in memory and written once a second: a shared counter per request would cost more than what it
counts. Each worker writes its own files in the metrics directory; `/metrics` of any worker adds them up.
"""

from __future__ import annotations

import threading
import time

from falcon import Request, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from ostiary.domain.mail.delivery import Round

_DOORS = frozenset({"aws", "oauth2", ".well-known", "signin", "enroll", "account", "static"})
_SLOW_SECONDS = 0.25

_requests = Counter("ostiary_requests", "Answered requests.", ["door", "status"])
_seconds = Counter("ostiary_request_seconds", "Time spent answering, summed up.", ["door", "status"])
_slow = Counter("ostiary_slow_requests", f"Requests that took over {_SLOW_SECONDS} s.", ["door", "status"])
_mails = Counter("ostiary_mails", "Mails, and attempts at them.", ["result"])
_mails_waiting = Gauge("ostiary_mails_waiting", "Mails that wait to be sent.", multiprocess_mode="mostrecent")


def count_mails(done: Round, waiting: int) -> None:
    """`failed` counts attempts, also those that are made again."""
    for result, number in (("sent", done.sent), ("failed", done.failed), ("given-up", done.given_up)):
        if number:
            _mails.labels(result).inc(number)
    _mails_waiting.set(waiting)


class RequestMetrics:
    """Falcon middleware; `flush` is called by a job."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sums: dict[tuple[str, str], list[float]] = {}

    def process_request(self, request: Request, _response: Response) -> None:
        request.context.began = time.perf_counter()

    def process_response(self, request: Request, response: Response, _resource: object, _succeeded: bool) -> None:  # noqa: FBT001 - Falcon's signature
        took = time.perf_counter() - request.context.began
        key = (_door_of(request.path), f"{response.status_code // 100}xx")
        with self._lock:
            sums = self._sums.setdefault(key, [0, 0.0, 0])
            sums[0] += 1
            sums[1] += took
            sums[2] += took > _SLOW_SECONDS

    def flush(self) -> None:
        with self._lock:
            sums, self._sums = self._sums, {}
        for (door, status), (count, seconds, slow) in sums.items():
            _requests.labels(door, status).inc(count)
            _seconds.labels(door, status).inc(seconds)
            _slow.labels(door, status).inc(slow)


def exposition() -> bytes:
    """The numbers of all workers, in Prometheus' text format."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def _door_of(path: str) -> str:
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return first if first in _DOORS else "web"
