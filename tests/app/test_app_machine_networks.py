"""When last uses are written, is it seen that a machine's credential comes from somewhere new? (BP01-13)"""

from __future__ import annotations

import pytest

from ostiary.app.house import House
from ostiary.domain.audit.event import Event, decode
from ostiary.domain.audit.last_use import LastUse, Used
from ostiary.domain.audit.ports import EventQuery


def use(house: House, address: str) -> None:
    house.last_use.note(LastUse(Used.ACCESS_KEY, "AKIAEXAMPLE", house.clock.now(), address, "GetSecretValue"))


def news(house: House) -> list[Event]:
    house.flush_last_use()
    with house.database.read() as tx:
        return [decode(stored.body) for stored in tx.audit.find(EventQuery(name="SeeNewNetwork"))]


def test_a_key_from_a_new_network_is_an_event_once(house: House) -> None:
    use(house, "192.0.2.1")
    assert news(house) == []
    use(house, "203.0.113.66")
    use(house, "192.0.2.1")
    (event,) = news(house)
    assert (event.resources, event.source_ip) == (["AKIAEXAMPLE"], "203.0.113.66")
    use(house, "203.0.113.67")
    assert len(news(house)) == 1
    with house.database.read() as tx:
        last = tx.last_uses.last_use(Used.ACCESS_KEY, "AKIAEXAMPLE")
    assert last is not None
    assert last.source_ip == "203.0.113.67"


def test_last_uses_are_written_also_when_nothing_can_be_said_of_networks(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.machine_networks, "look", lambda _uses: 1 / 0)
    use(house, "192.0.2.1")
    with pytest.raises(ZeroDivisionError):
        house.flush_last_use()
    with house.database.read() as tx:
        assert tx.last_uses.last_use(Used.ACCESS_KEY, "AKIAEXAMPLE") is not None


def test_what_could_not_be_written_is_neither_lost_nor_unseen(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    use(house, "192.0.2.1")
    use(house, "203.0.113.66")
    with monkeypatch.context() as broken:
        broken.setattr(house.database, "write_committed", lambda _work: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            house.flush_last_use()
    assert [event.source_ip for event in news(house)] == ["203.0.113.66"]
