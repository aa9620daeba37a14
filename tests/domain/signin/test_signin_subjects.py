"""Does every event name exactly one subject, also where nobody was proved? (BP01-8)"""

from __future__ import annotations

import contextlib

from ostiary.domain.audit.errors import DomainError
from ostiary.domain.audit.event import Event
from people_house import PASSWORD, House, from_network


def test_every_event_names_one_subject_and_no_two_people_share_one(house: House) -> None:
    ada, linus = house.enrol(), house.enrol("linus")
    for name, password in (("ada", "wrong"), ("nobody", PASSWORD), ("linus", PASSWORD), ("ada", PASSWORD)):
        with contextlib.suppress(DomainError):
            house.signin.start(name, password, from_network())
    ada.sign_in()
    linus.sign_in()
    events = house.events()
    assert {event.actor_name for event in events} == {"operator", "ada", "linus", "(unknown)"}
    assert all(event.actor_kind for event in events)
    assert all("," not in value for event in events for value in subject(event))
    proved = {event.actor_name: subject(event) for event in events if event.session_id}
    assert set(proved) == {"ada", "linus"}
    assert len({arn for arn, _ in proved.values()}) == len(proved)
    for event in events:
        if event.actor_arn in {arn for arn, _ in proved.values()}:
            assert proved[event.actor_name] == subject(event)


def subject(event: Event) -> tuple[str, str]:
    return event.actor_arn, event.actor_name
