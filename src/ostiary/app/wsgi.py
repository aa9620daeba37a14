"""How do the rooms become one WSGI application with its jobs? Everything that a worker needs is joined here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import falcon

from ostiary.app import development, health
from ostiary.app.bodies import BodyLengths, BodyWatch
from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import House, connect
from ostiary.app.jobs import Job, Jobs
from ostiary.app.mail import read_mail_settings
from ostiary.app.metrics import RequestMetrics, count_mails
from ostiary.app.metrics_directory import DIRECTORY_VARIABLE
from ostiary.app.settings import ServeSettings, is_loopback
from ostiary.app.wiring.doors import Doors, build_doors, purge
from ostiary.app.wiring.mail import mail_jobs
from ostiary.domain.audit.caller import server
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.server_keys import rotate_due_keys
from ostiary.kit.clock import SystemClock
from ostiary.kit.crypto import webauthn
from ostiary.protocols.authzen import routes as authzen_routes
from ostiary.protocols.aws.gateway import routes as aws_routes
from ostiary.protocols.http.client import HostRules, ProxyTrust
from ostiary.protocols.http.errors import add_error_handlers, write_plain
from ostiary.protocols.http.headers import HostCheck, RequestIds, SecurityHeaders
from ostiary.protocols.oidc import routes as oidc_routes
from ostiary.protocols.web import routes as web_routes
from ostiary.protocols.web.errors import failure_writer
from ostiary.storage.transaction import Transaction

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_KEPT_VARIABLES = frozenset(
    {"PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", DIRECTORY_VARIABLE}
)
_KEPT_PREFIX = "PG"  # libpq reads them at every new connection


_NEVER = 1e8  # seconds: a job for the end alone
_ONCE_UP = 1.0  # seconds: what no first answer needs is loaded after it


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


def build_worker(settings: ServeSettings, *more: Job) -> Worker:
    """Connects, loads memory, joins the doors. Raises what `house.connect` raises."""
    house = connect(DataDirectory(settings.data), url=settings.database_url, clock=SystemClock())
    _forget_environment()
    doors = build_doors(house, settings)
    bodies = BodyWatch(threads=settings.threads, port=settings.port)
    metrics = RequestMetrics()
    jobs = Jobs([*_jobs(house, bodies, metrics), *_mail_jobs(house, settings), *more])
    application = bodies.wrap(_application(house, doors, settings, metrics))
    return Worker(application=application, jobs=jobs, house=house)


def _application(house: House, doors: Doors, settings: ServeSettings, metrics: RequestMetrics) -> WSGIApplication:
    trust = ProxyTrust.of(settings.trusted_hops)
    loopback = is_loopback(settings.host) and not settings.behind_proxy
    rules = HostRules.for_issuer(settings.issuer, development=loopback)
    app: falcon.App[Any, Any] = falcon.App(
        middleware=[
            metrics,
            RequestIds(),
            SecurityHeaders(trust),
            health.Readiness(house.memory),
            HostCheck(trust, rules, exempt=health.PATHS),
            BodyLengths(),
        ]
    )
    app.req_options.strip_url_path_trailing_slash = False
    app.resp_options.secure_cookies_by_default = True
    health.add_routes(app, _health_rooms(house, settings, trust))
    aws_routes.add_routes(app, doors.aws)
    oidc_routes.add_routes(app, doors.oidc)
    authzen_routes.add_routes(app, doors.authzen)
    web_routes.add_routes(app, doors.web)
    if settings.development:
        development.add_routes(app, development.DevelopmentRooms(house, trust, settings.workers))
    writers = {
        "/": failure_writer(doors.web),
        "/oauth2": oidc_routes.write_failure,
        "/access": authzen_routes.write_failure,
        "/aws": aws_routes.write_failure,
        **dict.fromkeys(health.PATHS, write_plain),
    }
    add_error_handlers(app, writers)
    return app


def _health_rooms(house: House, settings: ServeSettings, trust: ProxyTrust) -> health.HealthRooms:
    return health.HealthRooms(
        database=house.database,
        memory=house.memory,
        trust=trust,
        metrics_networks=settings.metrics_networks,
    )


def _jobs(house: House, bodies: BodyWatch, metrics: RequestMetrics) -> list[Job]:
    return [
        Job("memory", 0.2, house.memory.refresh),
        Job("bodies", 0.5, bodies.cut_stalled),
        Job("sealer", 0.5, house.sealer.seal),
        Job("last-use", 5.0, house.flush_last_use, at_stop=True),
        Job("metrics", 1.0, metrics.flush, at_stop=True),
        Job("keys", 60.0, lambda: _keep_keys(house)),
        Job("purge", 300.0, lambda: purge(house)),
        Job("passkey-library", _ONCE_UP, webauthn.load_library),
        Job("seal-last", _NEVER, house.sealer.seal_at_stop, at_stop=True),
    ]


def _mail_jobs(house: House, settings: ServeSettings) -> list[Job]:
    mail = read_mail_settings(house.directory, development=settings.development)
    return mail_jobs(house, mail, issuer=settings.issuer, count=count_mails)


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
        if not name.startswith(_KEPT_PREFIX):
            del os.environ[name]
