"""How do worker processes come up, answer, and go down cleanly?

The parent imports everything once and forks, so workers share that memory; each worker opens its own database
connections. SIGTERM lets running requests end, then the worker's jobs run a last time.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from functools import partial
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from ostiary.app.jobs import Job
from ostiary.app.metrics_directory import prepare_directory
from ostiary.app.settings import ServeSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger("ostiary")
_HEADER_MILLISECONDS = 10_000  # a client that sends its headers slower is cut off
_MAX_HEADER_BYTES = 64 * 1024
_KILL_SECONDS = 20
# Requests make few circles: looking for them after every 700 objects would cost a tenth of the throughput.
_COLLECT_AFTER = (20_000, 50, 100)


def serve(settings: ServeSettings) -> None:
    """Serve until SIGTERM or SIGINT; returns after the last worker has gone."""
    prepare_directory(settings.data / "run" / f"metrics-{settings.port}")
    # Imported in the parent, so that forked workers share the pages instead of loading them again.
    import ostiary.app.wsgi  # noqa: F401, PLC0415

    server = Granian(
        target="ostiary",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        blocking_threads_idle_timeout=600,
        runtime_threads=1,
        # Not HTTP/2: one of its connections may hold every thread with bodies that never come, see bodies.py.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=_HEADER_MILLISECONDS, max_buffer_size=_MAX_HEADER_BYTES),
        websockets=False,
        ssl_cert=settings.tls_cert,
        ssl_key=settings.tls_key,
        log_level=LogLevels.error,
        log_access=False,  # addresses of requests may hold enrolment tokens; the trail is the record of what happened
        respawn_failed_workers=True,
        respawn_interval=0.2,
        workers_kill_timeout=_KILL_SECONDS,
    )
    gc.collect()
    gc.freeze()  # what was loaded so far is never garbage: keep the collector from touching shared pages
    os.register_at_fork(after_in_child=_end_when_told)
    server.serve(target_loader=partial(_load, settings), wrap_loader=False)
    if not server.interrupt_signal:
        log.error("the workers end again and again: the server ends too, see above for the reason")
        sys.exit(1)  # so that whoever watches over the server starts it again


def _end_when_told() -> None:
    """Until a worker answers, a signal to end ends it: the handler that it has from its parent would swallow it."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: sys.exit(0))


def _end_without(parent: int) -> None:
    """A worker whose parent was killed would hold the port for ever and take no signal from anybody."""
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def _load(settings: ServeSettings) -> WSGIApplication:
    """Runs in the worker."""
    from ostiary.app.wsgi import build_worker  # noqa: PLC0415 - after the fork, from the parent's copy

    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    parent = os.getppid()
    worker = build_worker(settings, Job("parent", 1.0, lambda: _end_without(parent)))
    worker.start()
    Finalize(None, worker.stop, exitpriority=10)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    return worker.application
