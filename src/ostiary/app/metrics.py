"""What is counted about requests? By door and status class; never by person, address or path.

Each worker writes its own files in the metrics directory; `/metrics` of any worker adds them up.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

from falcon import Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

DIRECTORY_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # read by prometheus_client when a value is first made
_DOORS = ("aws", "oauth2", ".well-known", "signin", "enroll", "account", "static")

_requests = Counter("ostiary_requests", "Answered requests.", ["door", "status"])
_seconds = Histogram(
    "ostiary_request_seconds",
    "Time to answer.",
    ["door"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
)


def prepare_directory(path: Path) -> None:
    """Empty it and tell `prometheus_client`; before this module's values are used and before workers fork."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700, parents=True)
    os.environ[DIRECTORY_VARIABLE] = str(path)


class RequestMetrics:
    """Falcon middleware."""

    def __init__(self) -> None:
        self._counted: dict[tuple[str, str], Any] = {}
        self._timed: dict[str, Any] = {}

    def process_request(self, request: Request, _response: Response) -> None:
        request.context.began = time.perf_counter()

    def process_response(self, request: Request, response: Response, _resource: object, _succeeded: bool) -> None:  # noqa: FBT001 - Falcon's signature
        door, status = _door_of(request.path), f"{response.status_code // 100}xx"
        counter = self._counted.get((door, status))
        if counter is None:
            counter = self._counted[door, status] = _requests.labels(door, status)
            self._timed[door] = _seconds.labels(door)
        counter.inc()
        began = getattr(request.context, "began", None)
        if began is not None:
            self._timed[door].observe(time.perf_counter() - began)


def exposition() -> bytes:
    """The numbers of all workers, in Prometheus' text format."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def _door_of(path: str) -> str:
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return first if first in _DOORS else "web"
