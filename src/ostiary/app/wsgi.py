"""How do the rooms become one WSGI application with its jobs? Everything that a worker needs is joined here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import falcon

from ostiary.app import development, health
from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import House, connect
from ostiary.app.jobs import Job, Jobs
from ostiary.app.metrics import DIRECTORY_VARIABLE, RequestMetrics
from ostiary.app.settings import ServeSettings, is_loopback
from ostiary.app.wiring.doors import Doors, build_doors, purge
from ostiary.domain.audit.caller import server
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.server_keys import rotate_due_keys
from ostiary.kit.clock import SystemClock
from ostiary.protocols.aws.gateway import routes as aws_routes
from ostiary.protocols.http.client import HostRules, ProxyTrust
from ostiary.protocols.http.errors import add_error_handlers
from ostiary.protocols.http.headers import HostCheck, RequestIds, SecurityHeaders
from ostiary.protocols.oidc import routes as oidc_routes
from ostiary.protocols.web import routes as web_routes
from ostiary.protocols.web.errors import failure_writer
from ostiary.storage.transaction import Transaction

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_KEPT_VARIABLES = frozenset({"PATH", "HOME", "LANG", "LC_ALL", "TZ", DIRECTORY_VARIABLE})


@dataclass(frozen=True, slots=True)
class Worker:
    application: WSGIApplication
    jobs: Jobs
    house: House

    def start(self) -> None:
        self.jobs.start()

    def stop(self) -> None:
        self.jobs.stop()
        self.house.database.close()


def build_worker(settings: ServeSettings) -> Worker:
    """Connects, loads memory, joins the doors. Raises what `house.connect` raises."""
    house = connect(DataDirectory(settings.data), url=settings.database_url, clock=SystemClock())
    _forget_environment()
    doors = build_doors(house, settings)
    jobs = Jobs(_jobs(house))
    return Worker(application=_application(house, doors, settings), jobs=jobs, house=house)


def _application(house: House, doors: Doors, settings: ServeSettings) -> WSGIApplication:
    trust = ProxyTrust.of(settings.trusted_hops)
    loopback = is_loopback(settings.host) and not settings.behind_proxy
    rules = HostRules.for_issuer(settings.issuer, development=loopback)
    app: falcon.App[Any, Any] = falcon.App(
        middleware=[
            RequestMetrics(),
            RequestIds(),
            SecurityHeaders(trust),
            HostCheck(trust, rules, exempt=health.PATHS),
        ]
    )
    app.req_options.strip_url_path_trailing_slash = False
    app.resp_options.secure_cookies_by_default = True
    health.add_routes(app, _health_rooms(house, settings, trust))
    aws_routes.add_routes(app, doors.aws)
    oidc_routes.add_routes(app, doors.oidc)
    web_routes.add_routes(app, doors.web)
    if settings.development:
        development.add_routes(app, development.DevelopmentRooms(house, trust, settings.workers))
    add_error_handlers(app, {"/": failure_writer(doors.web), "/oauth2": oidc_routes.write_failure})
    return app


def _health_rooms(house: House, settings: ServeSettings, trust: ProxyTrust) -> health.HealthRooms:
    return health.HealthRooms(
        database=house.database,
        memory=house.memory,
        clock=house.clock,
        trust=trust,
        metrics_networks=settings.metrics_networks,
    )


def _jobs(house: House) -> list[Job]:
    return [
        Job("memory", 0.2, house.memory.refresh),
        Job("sealer", 0.5, house.sealer.seal),
        Job("last-use", 5.0, house.flush_last_use),
        Job("keys", 60.0, lambda: _keep_keys(house)),
        Job("purge", 300.0, lambda: purge(house)),
    ]


def _keep_keys(house: House) -> None:
    """Make successors for old server keys, and take up those whose time has come."""
    now = house.clock.now()

    def work(tx: Transaction) -> None:
        for key in rotate_due_keys(tx.server_keys, house.root, now=now):
            details = {"keyId": key.key_id, "purpose": key.purpose.value}
            tx.audit.append(event_of(server(), EventName.ROTATE_SERVER_KEY, at=now, details=details))

    house.database.write(work)
    house.memory.reload_all()


def _forget_environment() -> None:
    """The root key may have come by the environment; the web server copies the environment into every request."""
    for name in set(os.environ) - _KEPT_VARIABLES:
        del os.environ[name]
