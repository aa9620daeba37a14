"""Is a machine's credential from a new network seen, once, and without a statement for what is known? (BP01-13)"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from ostiary.domain.audit.event import Event
from ostiary.domain.audit.last_use import LastUse, LastUseLog, Used
from ostiary.domain.risk.machines import MOST_NETWORKS, MachineNetworks
from people_house import House

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


def use(address: str, *, kind: Used = Used.ACCESS_KEY, subject: str = "AKIA1", after: int = 0) -> LastUse:
    return LastUse(kind, subject, NOON + timedelta(seconds=after), address, "GetSecretValue", "secretsmanager")


def looked(house: House, *flushes: Sequence[LastUse]) -> list[Event]:
    machines = MachineNetworks(transactions=house.database)
    for uses in flushes:
        machines.look(uses)
    return house.events("SeeNewNetwork")


def test_the_first_network_is_not_news_the_second_is_once(house: House) -> None:
    second = [use("203.0.113.66")]
    (event,) = looked(house, [use("192.0.2.1")], second, second, [use("203.0.113.67")], [use("192.0.2.9")])
    assert (event.resources, event.source_ip, event.actor_kind) == (["AKIA1"], "203.0.113.66", "server")
    assert event.details | {} == {"kind": "access-key", "network": "203.0.113.0/24", "operation": "GetSecretValue"}


def test_another_worker_does_not_tell_it_again(house: House) -> None:
    looked(house, [use("192.0.2.1")], [use("203.0.113.66")])
    assert len(looked(house, [use("192.0.2.1")], [use("203.0.113.66")])) == 1


def test_two_networks_within_one_flush_are_one_more_than_expected(house: House) -> None:
    (event,) = looked(house, [use("192.0.2.1", after=1), use("203.0.113.66", after=2)])
    assert event.source_ip == "203.0.113.66"


@pytest.mark.parametrize("kind", [Used.PASSWORD, Used.FACTOR, Used.ROLE, Used.SECRET, Used.APPLICATION])
def test_people_roles_and_secrets_are_no_machines(house: House, kind: Used) -> None:
    assert looked(house, [use("192.0.2.1", kind=kind)], [use("203.0.113.66", kind=kind)]) == []


@pytest.mark.parametrize("kind", [Used.WORKLOAD, Used.CLIENT_SECRET, Used.CLIENT_KEY])
def test_workloads_and_applications_are_machines(house: House, kind: Used) -> None:
    assert len(looked(house, [use("192.0.2.1", kind=kind)], [use("203.0.113.66", kind=kind)])) == 1


def test_a_machine_that_comes_from_everywhere_is_no_news_for_ever(house: House) -> None:
    events = looked(house, *([use(f"10.0.{number}.1")] for number in range(MOST_NETWORKS + 20)))
    assert len(events) == MOST_NETWORKS - 1


def test_what_is_known_costs_no_statement(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    machines = MachineNetworks(transactions=house.database)
    machines.look([use("192.0.2.1")])
    monkeypatch.setattr(house.database, "write", lambda _work: pytest.fail("a write for what is known"))
    machines.look([use("192.0.2.2"), use("", subject="AKIA2")])


def test_what_could_not_be_written_is_looked_at_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    machines = MachineNetworks(transactions=house.database)
    machines.look([use("192.0.2.1")])
    with monkeypatch.context() as broken:
        broken.setattr(house.database, "write", lambda _work: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            machines.look([use("203.0.113.66")])
    machines.look([])
    machines.look([])
    assert [event.source_ip for event in house.events("SeeNewNetwork")] == ["203.0.113.66"]


def test_an_address_between_two_flushes_is_not_lost(house: House) -> None:
    log = LastUseLog()
    for number, address in enumerate(["192.0.2.1", "203.0.113.66", "192.0.2.1"]):
        log.note(use(address, after=number))
    assert [each.source_ip for each in log.drain()] == ["192.0.2.1"]
    elsewhere = log.drain_elsewhere()
    assert {each.source_ip for each in elsewhere} == {"192.0.2.1", "203.0.113.66"}
    assert log.drain_elsewhere() == []
    assert [event.source_ip for event in looked(house, elsewhere)] == ["203.0.113.66"]
