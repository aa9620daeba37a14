"""The pages as a browser gets them: the real application on a real database, with a browser that keeps cookies."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import falcon
from falcon.testing import Result, TestClient

from ostiary.app.wiring.people import web_rooms
from ostiary.protocols.http.client import HostRules, ProxyTrust
from ostiary.protocols.http.errors import add_error_handlers
from ostiary.protocols.http.headers import HostCheck, RequestIds, SecurityHeaders
from ostiary.protocols.web.errors import failure_writer
from ostiary.protocols.web.rooms import WebRooms
from ostiary.protocols.web.routes import add_routes
from people_house import ISSUER, Enrolled, House

HOST = ISSUER.removeprefix("http://")


def make_app(
    house: House, *, issuer: str = ISSUER, trust: ProxyTrust | None = None, development: bool = True
) -> falcon.App[Any, Any]:
    hops = trust or ProxyTrust()
    rooms = make_rooms(house, issuer=issuer, trust=hops, development=development)
    app: falcon.App[Any, Any] = falcon.App(
        middleware=[
            RequestIds(),
            SecurityHeaders(hops),
            HostCheck(hops, HostRules.for_issuer(issuer, development=development)),
        ]
    )
    add_routes(app, rooms)
    add_error_handlers(app, {"/": failure_writer(rooms)})
    return app


def make_rooms(house: House, *, issuer: str, trust: ProxyTrust, development: bool) -> WebRooms:
    return replace(web_rooms(house.services, trust), issuer=issuer, development=development)


@dataclass
class Browser:
    """Keeps cookies, sends what browsers send, and fills the form that the last page had."""

    app: falcon.App[Any, Any]
    host: str = HOST
    scheme: str = "http"
    address: str = "127.0.0.1"
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    page: str = ""

    def get(self, path: str, **headers: str) -> Result:
        return self._send("GET", path, b"", headers)

    def post(self, path: str, fields: dict[str, str] | None = None, /, **headers: str) -> Result:
        """With the token of the page that is open."""
        body = urlencode({"csrf": self.csrf, **(fields or {})}).encode()
        return self._send("POST", path, body, {"Sec-Fetch-Site": "same-origin", "Origin": self.origin, **headers})

    def raw_post(self, path: str, body: bytes, **headers: str) -> Result:
        return self._send("POST", path, body, headers)

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}"

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]*)"', self.page)
        return found[1] if found else ""

    @property
    def action(self) -> str:
        found = re.search(r'<form class="fields" method="post" action="([^"]*)"', self.page)
        assert found, self.page
        return html.unescape(found[1])

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Result:
        target, _, query = path.partition("?")
        sent = {"Host": self.host, "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", **self.headers}
        if method == "POST":
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        result = TestClient(self.app).simulate_request(
            method,
            target,
            query_string=query,
            body=body,
            headers={name.replace("_", "-"): value for name, value in {**sent, **headers}.items()},
            remote_addr=self.address,
            protocol=self.scheme,
        )
        self._keep_cookies(result)
        if result.text:
            self.page = result.text
        return result

    def _keep_cookies(self, result: Result) -> None:
        for name, cookie in result.cookies.items():
            if cookie.max_age == 0:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = cookie.value


def sign_in(browser: Browser, ada: Enrolled) -> Result:
    browser.get("/signin")
    answer = browser.post("/signin", {"username": ada.name, "password": ada.password})
    assert answer.status_code == 303, answer.text
    browser.get("/signin/code")
    return browser.post("/signin/code", {"code": ada.next_code()})
