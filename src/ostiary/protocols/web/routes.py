"""Which pages are there, and what happens to every request before and after its handler?

The phases that no page may forget stand here, in their order; a handler only decides what its page says. The table of
routes is also the table of who may do what: each row names the session that it needs and the action that is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import falcon
from falcon import Request, Response

from ostiary.domain.audit.caller import Door
from ostiary.domain.audit.errors import DomainError
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.current import SignedIn
from ostiary.protocols.http.cookies import SESSION
from ostiary.protocols.http.device import Device, browser_origin, device_of, device_or_new
from ostiary.protocols.http.forms import read_form, read_query
from ostiary.protocols.http.return_to import CONFIRM, find_return_to, with_return_to
from ostiary.protocols.http.same_origin import check_csrf, check_same_origin, csrf_token, form_key, form_key_or_new
from ostiary.protocols.texts.choice import language_of
from ostiary.protocols.web import (
    account,
    account_activity,
    account_applications,
    account_factors,
    account_password,
    account_sessions,
    assist,
    confirm,
    consent,
    development,
    device,
    enroll,
    passkey,
    portal,
    recover,
    register,
    second_step,
    signin,
    upstream,
)
from ostiary.protocols.web.assets import StaticFiles
from ostiary.protocols.web.errors import write_domain_error
from ostiary.protocols.web.pages import PATHS
from ostiary.protocols.web.rooms import WebRooms
from ostiary.protocols.web.visit import Answer, Keep, Route, Visit, go_to

ROUTES: tuple[Route, ...] = (
    *signin.ROUTES,
    *second_step.ROUTES,
    *confirm.ROUTES,
    *passkey.ROUTES,
    *upstream.ROUTES,
    *enroll.ROUTES,
    *portal.ROUTES,
    *consent.ROUTES,
    *device.ROUTES,
    *account.ROUTES,
    *account_factors.ROUTES,
    *account_password.ROUTES,
    *account_sessions.ROUTES,
    *account_applications.ROUTES,
    *account_activity.ROUTES,
    *recover.ROUTES,
    *assist.ROUTES,
    *register.ROUTES,
    *development.ROUTES,
)
Responder = Callable[..., None]


def add_routes(app: falcon.App[Request, Response], rooms: WebRooms) -> None:
    """Add every page; the app brings the middleware of `protocols.http.headers`."""
    by_path: dict[str, list[Route]] = {}
    for route in ROUTES:
        if rooms.development or not route.development_only:
            by_path.setdefault(route.path, []).append(route)
    for path, routes in by_path.items():
        app.add_route(path, _resource(rooms, routes))
    app.add_route(PATHS.static + "/{name}", StaticFiles())


def _resource(rooms: WebRooms, routes: Iterable[Route]) -> object:
    responders: dict[str, Any] = {}
    for route in routes:
        responders[f"on_{route.method.lower()}"] = _responder(rooms, route)
        if route.method == "GET":
            responders["on_head"] = responders["on_get"]
    return type("Page", (), responders)()


def _responder(rooms: WebRooms, route: Route) -> Responder:
    def respond(_page: object, request: Request, response: Response, **path: str) -> None:
        try:
            _answer(rooms, route, request, response, path)
        except DomainError as error:
            write_domain_error(rooms, request, response, error)

    return respond


def _answer(rooms: WebRooms, route: Route, request: Request, response: Response, path: dict[str, str]) -> None:
    # ORDER: who sent the form is asked before anything in it is believed; the session before the token bound to it;
    # the permission before the handler.
    check_same_origin(request, rooms.trust)
    query = read_query(request)
    form = read_form(request) if route.method == "POST" else {}
    may_begin = route.method == "POST" or route.arrives
    device = device_or_new(request, rooms.trust) if may_begin else device_of(request, rooms.trust)
    origin = browser_origin(request, Door.WEB, rooms.trust, device)
    token = SESSION.read(request, rooms.trust)
    here = rooms.current.signed_in(token, origin) if _wants_all(route) else None
    if route.level is not None and here is None:
        here = rooms.current.at_level(token, origin, route.level)
    csrf = _check_csrf(rooms, route, request, response, here, form)
    _check_permission(rooms, route, here)
    if route.fresh and here is not None and not rooms.step_up.is_fresh(here):
        # ORDER: before the handler, so that a stale session changes nothing.
        _write(
            rooms, request, response, device, go_to(with_return_to(CONFIRM, find_return_to(_page_of(route, request))))
        )
        return
    visit = Visit(rooms, origin, csrf, form, query, path, here, token, language_of(request))
    _write(rooms, request, response, device, route.handler(visit))


def _wants_all(route: Route) -> bool:
    return route.level is SessionLevel.FULL and not route.before_terms


def _page_of(route: Route, request: Request) -> str:
    """What to come back to: the page itself, or the one that has the form."""
    if route.method == "GET":
        return str(request.relative_uri)
    has_page = any(other.method == "GET" and other.path == route.path for other in ROUTES)
    return str(request.path) if has_page else route.page or PATHS.account


def _check_csrf(
    rooms: WebRooms, route: Route, request: Request, response: Response, here: SignedIn | None, form: dict[str, str]
) -> str:
    """The token for the forms of the page that comes; before sign-in it is bound to a cookie of its own."""
    if route.method == "POST":
        key = here.session.csrf_key if here is not None else form_key(request, rooms.trust)
        check_csrf(form.get("csrf") if key is not None else None, key or b"")
    if here is not None:
        return csrf_token(here.session.csrf_key)
    return csrf_token(form_key_or_new(request, response, rooms.trust))


def _check_permission(rooms: WebRooms, route: Route, here: SignedIn | None) -> None:
    """A full session without a row in the table may do nothing."""
    if here is None or route.level is not SessionLevel.FULL:
        return
    rooms.authorizer.authorize(here.caller, route.action, here.person.arn, resource_account=here.caller.account)


def _write(rooms: WebRooms, request: Request, response: Response, device: Device, answer: Answer) -> None:
    response.status = answer.status
    if answer.location:
        response.location = answer.location
    else:
        response.content_type = answer.media_type
        if answer.file is None:
            response.text = answer.html
        else:
            response.stream = answer.file
    if answer.session is not None:
        device.write(request, response, rooms.trust)
        SESSION.write(request, response, answer.session.reveal(), rooms.trust)
    elif answer.cookie is Keep.FORGET:
        SESSION.forget(request, response, rooms.trust)
    for name, value in answer.headers.items():
        response.set_header(name, value)
