"""Who is answered when a worker's memory cannot follow what is kept?"""

from __future__ import annotations

from types import SimpleNamespace

import falcon
import pytest
from falcon import testing

from ostiary.app.health import PATHS, Readiness
from ostiary.app.memory import Memory


class Behind(Memory):
    """A memory that is as old as it is said to be, and counts who made it look."""

    def __init__(self, age: float) -> None:
        self.told = SimpleNamespace(age=age)
        self.looks = 0

    @property
    def age(self) -> float:
        return float(self.told.age)

    def catch_up(self) -> None:
        self.looks += 1


def request(path: str) -> falcon.Request:
    return testing.create_req(path=path)


def test_a_worker_that_is_up_to_date_answers_after_a_look() -> None:
    memory = Behind(0.1)
    Readiness(memory).process_request(request("/aws"), falcon.Response())
    assert memory.looks == 1


def test_a_worker_that_may_not_know_of_a_revocation_answers_nobody_and_keeps_nobody_waiting() -> None:
    memory = Behind(6.0)
    with pytest.raises(falcon.HTTPServiceUnavailable):
        Readiness(memory).process_request(request("/aws"), falcon.Response())
    assert memory.looks == 0


@pytest.mark.parametrize("path", sorted(PATHS))
def test_health_is_told_without_a_look(path: str) -> None:
    memory = Behind(6.0)
    Readiness(memory).process_request(request(path), falcon.Response())
    assert memory.looks == 0
