"""What does a worker do beside answering? Each job has a thread, a rhythm, and never dies of one failure."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

log = logging.getLogger(__name__)
_STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    every_seconds: float
    run: Callable[[], object]


class Jobs:
    def __init__(self, jobs: Sequence[Job]) -> None:
        self._stop = threading.Event()
        self._jobs = jobs
        self._threads = [
            threading.Thread(target=self._loop, args=(j,), name=f"job-{j.name}", daemon=True) for j in jobs
        ]
        self.failures: dict[str, int] = {job.name: 0 for job in jobs}

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the rhythm and run each job a last time, so that nothing that waits is lost at a clean stop."""
        self._stop.set()
        for thread in self._threads:
            thread.join(_STOP_SECONDS)
        for job in self._jobs:
            self._run(job)

    def _loop(self, job: Job) -> None:
        while not self._stop.wait(job.every_seconds):
            self._run(job)

    def _run(self, job: Job) -> None:
        try:
            job.run()
        except Exception:
            self.failures[job.name] += 1
            log.exception("the job %s failed and will be tried again", job.name)
