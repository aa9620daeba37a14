"""The pages on which a person signs in a device that shows her a code. RFC 8628 section 3.3.

What she is told before she agrees is what keeps her from signing in somebody else's device (section 5.4): where the
question came from, whether from her own network, how long ago, and that nobody who sends codes means well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ostiary.domain.applications.model import Application
from ostiary.domain.audit.caller import Caller
from ostiary.domain.credentials.throttle import network_of
from ostiary.domain.directory.model import Person
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.tokens.device_approval import AskingDevice
from ostiary.domain.tokens.device_codes import typed_user_code
from ostiary.domain.tokens.errors import DeviceCodeUnknown
from ostiary.kit.texts import Text
from ostiary.protocols.http.return_to import DEVICE_PAGE
from ostiary.protocols.web.scopes import meanings_of
from ostiary.protocols.web.visit import Answer, Route, Visit, go_to

_APPROVE = f"{DEVICE_PAGE}/approve"
_DENY = f"{DEVICE_PAGE}/deny"
_ACTION = "ostiary:ApproveDevice"


@dataclass(frozen=True, slots=True)
class DeviceView:
    """`near`: the question came from the network in which the person is now. `seconds` since it came."""

    application: str
    user_code: str
    source_ip: str
    place: str
    user_agent: str
    near: bool
    seconds: int
    gets: Sequence[str]


def show_device(visit: Visit) -> Answer:
    """With the code in the address, as a QR code has it, she still compares it with what the device shows."""
    typed = visit.query.get("user_code", "")
    return _look(visit, typed) if typed else Answer(_form(visit))


def find_device(visit: Visit) -> Answer:
    """To the same page with the code in its address: whoever must prove more first comes back there, too."""
    typed = visit.form.get("user_code", "")
    code = typed_user_code(typed)
    return _unknown(visit, typed) if code is None else go_to(f"{DEVICE_PAGE}?user_code={code}")


def approve(visit: Visit) -> Answer:
    return _decided(visit, visit.rooms.device_approvals.approve, approved=True)


def deny(visit: Visit) -> Answer:
    return _decided(visit, visit.rooms.device_approvals.deny, approved=False)


def _decided(visit: Visit, decide: Callable[[Caller, Person, str], Application], *, approved: bool) -> Answer:
    here, typed = visit.person, visit.form.get("user_code", "")
    try:
        application = decide(here.caller, here.person, typed)
    except DeviceCodeUnknown:
        return _unknown(visit, typed)
    page = visit.render(
        "device_done.html",
        application=application.name,
        approved=approved,
        ends_with_session=application.ends_with_session,
    )
    return Answer(page)


def _look(visit: Visit, typed: str) -> Answer:
    here = visit.person
    try:
        asking = visit.rooms.device_approvals.look(here.caller, here.person, typed)
    except DeviceCodeUnknown:
        return _unknown(visit, typed)
    page = visit.render(
        "device_confirm.html",
        display_name=here.person.display_name,
        device=_view(visit, asking),
        approve_action=_APPROVE,
        deny_action=_DENY,
    )
    return Answer(page)


def _view(visit: Visit, asking: AskingDevice) -> DeviceView:
    ago = visit.rooms.clock.now() - asking.asked_at
    return DeviceView(
        application=asking.application.name,
        user_code=asking.user_code,
        source_ip=asking.source_ip,
        place=asking.place,
        user_agent=asking.user_agent,
        near=network_of(asking.source_ip) == network_of(visit.origin.source_ip),
        seconds=max(int(ago.total_seconds()), 1),
        gets=meanings_of(visit, asking.scopes),
    )


def _unknown(visit: Visit, typed: str) -> Answer:
    error = visit.say(
        Text("No device shows this code now. Codes work once and for ten minutes: ask the device for a new one.")
    )
    return Answer(_form(visit, typed=typed[:16], error=error), status=404)


def _form(visit: Visit, *, typed: str = "", error: str | None = None) -> str:
    return visit.render("device.html", action=DEVICE_PAGE, user_code=typed, error=error)


ROUTES = (
    Route("GET", DEVICE_PAGE, show_device, SessionLevel.FULL, _ACTION),
    Route("POST", DEVICE_PAGE, find_device, SessionLevel.FULL, _ACTION),
    Route("POST", _APPROVE, approve, SessionLevel.FULL, _ACTION),
    Route("POST", _DENY, deny, SessionLevel.FULL, _ACTION),
)
