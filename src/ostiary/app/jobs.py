"""What does a worker do beside answering? Each job has a thread, a rhythm, and never dies of one failure."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

log = logging.getLogger(__name__)
_STOP_SECONDS = 5.0  # for all jobs together; the process is killed when it takes much longer
_TOLD_AGAIN_SECONDS = 60.0  # a job that fails five times a second must not fill the disk with it


@dataclass(frozen=True, slots=True)
class Job:
    """`at_stop`: it runs a last time at a clean stop, so that nothing that waits is lost."""

    name: str
    every_seconds: float
    run: Callable[[], object]
    at_stop: bool = False


class Jobs:
    def __init__(self, jobs: Sequence[Job]) -> None:
        self._stop = threading.Event()
        self._jobs = jobs
        self._threads = [
            threading.Thread(target=self._loop, args=(j,), name=f"job-{j.name}", daemon=True) for j in jobs
        ]
        self._told: dict[str, tuple[str, float]] = {}
        self.failures: dict[str, int] = {job.name: 0 for job in jobs}

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the rhythm and run what must run a last time, in the order of the jobs."""
        self._stop.set()
        deadline = time.monotonic() + _STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for job in self._jobs:
            if job.at_stop:
                self._run(job)

    def _loop(self, job: Job) -> None:
        while not self._stop.wait(job.every_seconds):
            self._run(job)

    def _run(self, job: Job) -> None:
        try:
            job.run()
        except Exception as failure:
            self.failures[job.name] += 1
            if self._is_news(job, failure):
                log.exception("the job %s failed (%d times now): tried again", job.name, self.failures[job.name])
        else:
            if self._told.pop(job.name, None) is not None:
                log.info("the job %s works again", job.name)

    def _is_news(self, job: Job, failure: Exception) -> bool:
        text, now = f"{type(failure).__name__}: {failure}", time.monotonic()
        told = self._told.get(job.name)
        if told is not None and told[0] == text and now - told[1] < _TOLD_AGAIN_SECONDS:
            return False
        self._told[job.name] = (text, now)
        return True
