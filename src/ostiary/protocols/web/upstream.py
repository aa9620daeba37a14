"""The pages on which somebody leaves for an upstream provider, and comes back from it (BP01-15).

The way out begins with a form of ours, so no other site can send a browser there and have it come back as somebody; the
way back shows no more than whether it worked.
"""

from __future__ import annotations

from dataclasses import dataclass

from ostiary.domain.federation.upstream_errors import UpstreamRefused, UpstreamUnavailable
from ostiary.domain.federation.upstream_exchange import Answered
from ostiary.kit.texts import Text
from ostiary.protocols.http.return_to import find_return_to, with_return_to
from ostiary.protocols.web.arrived import go_on, return_to_of
from ostiary.protocols.web.pages import PATHS
from ostiary.protocols.web.visit import Answer, Route, Visit

_OUT = f"{PATHS.signin}/with/{{name}}"
_BACK = f"{_OUT}/callback"


@dataclass(frozen=True, slots=True)
class WayOut:
    """A button of the sign-in page."""

    action: str
    label: str


def ways_out(visit: Visit, return_to: str | None) -> list[WayOut]:
    return [
        WayOut(with_return_to(_OUT.format(name=provider.name), return_to), _label(visit, provider.label))
        for provider in visit.rooms.upstream.providers()
    ]


def leave(visit: Visit) -> Answer:
    upstream, name = visit.rooms.upstream, visit.path["name"]
    provider = upstream.provider(name)
    return_to = return_to_of(visit)
    try:
        address = upstream.leave(name, visit.csrf, return_to or "")
    except UpstreamUnavailable:
        return _unavailable(visit, provider.label, return_to)
    # As in `arrived.go_back`: a redirect would be held to this page's form-action.
    page = visit.render("upstream_leave.html", continue_url=address, label=_label(visit, provider.label))
    return Answer(page, headers={"Refresh": f"0; url={address}"})


def come_back(visit: Visit) -> Answer:
    upstream, name, query = visit.rooms.upstream, visit.path["name"], visit.query
    provider = upstream.provider(name)
    answered = Answered(
        state=query.get("state", ""),
        code=query.get("code", ""),
        issuer=query.get("iss"),
        error=query.get("error", ""),
    )
    try:
        opened, return_to = upstream.come_back(name, answered, visit.csrf, visit.origin)
    except UpstreamUnavailable:
        return _unavailable(visit, provider.label, None)
    except UpstreamRefused:
        return Answer(visit.render("upstream_refused.html", label=provider.label), status=400)
    return go_on(visit, opened, find_return_to(return_to or None))


def _label(visit: Visit, service: str) -> str:
    return visit.say(Text("Sign in with {service}", service=service))


def _unavailable(visit: Visit, label: str, return_to: str | None) -> Answer:
    signin = with_return_to(PATHS.signin, return_to)
    return Answer(visit.render("upstream_unavailable.html", label=label, signin=signin), status=503)


ROUTES = (
    Route("POST", _OUT, leave, None),
    Route("GET", _BACK, come_back, None, arrives=True),
)
