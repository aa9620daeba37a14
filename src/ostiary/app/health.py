"""Is this worker alive, is it ready, and how is it doing? `/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

import falcon
from falcon import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from ostiary.app import metrics
from ostiary.app.memory import Memory
from ostiary.protocols.http.client import ProxyTrust, client_address
from ostiary.storage.engine import Database

PATHS = frozenset({"/healthz", "/readyz", "/metrics"})


@dataclass(frozen=True, slots=True)
class HealthRooms:
    database: Database
    memory: Memory
    trust: ProxyTrust
    metrics_networks: tuple[str, ...]


def add_routes(app: falcon.App[Any, Any], rooms: HealthRooms) -> None:
    app.add_route("/healthz", _Alive())
    app.add_route("/readyz", _Ready(rooms))
    app.add_route("/metrics", _Metrics(rooms))


class _Alive:
    def on_get(self, _request: Request, response: Response) -> None:
        response.media = {"status": "alive"}


class _Ready:
    def __init__(self, rooms: HealthRooms) -> None:
        self._rooms = rooms

    def on_get(self, _request: Request, response: Response) -> None:
        problem = self._problem()
        response.status = 200 if problem is None else 503
        response.media = {"status": "ready"} if problem is None else {"status": "not ready", "problem": problem}

    def _problem(self) -> str | None:
        """Which part is not ready, in words that a stranger may read."""
        try:
            with self._rooms.database.read() as tx:
                tx.generations.current()
        except Exception:  # noqa: BLE001 - whatever it is, the answer is the same
            return "database"
        return "memory" if self._rooms.memory.stale else None


class Readiness:
    """Falcon middleware: every request is answered by what is known now.

    A worker that cannot know of revocations answers nobody (deny when in doubt).
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def process_request(self, request: Request, _response: Response) -> None:
        if request.path in PATHS:
            return  # also when the database hangs
        if not self._memory.stale:
            self._memory.catch_up()
        if self._memory.stale:
            raise falcon.HTTPServiceUnavailable(retry_after=1)


class _Metrics:
    def __init__(self, rooms: HealthRooms) -> None:
        self._rooms = rooms
        self._networks = [ip_network(text) for text in rooms.metrics_networks]

    def on_get(self, request: Request, response: Response) -> None:
        address = client_address(request, self._rooms.trust)
        if not address or not any(ip_address(address) in network for network in self._networks):
            raise falcon.HTTPForbidden
        response.content_type = CONTENT_TYPE_LATEST
        response.data = metrics.exposition()
