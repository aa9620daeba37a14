"""What a device and its person do in the tests: ask for codes, type one, decide, ask for tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from oidc_house import OidcHouse
from ostiary.domain.applications.builtin import COMMAND_LINE
from ostiary.domain.tokens.device_grant import GRANT_TYPE
from web_browser import Browser

CLI = COMMAND_LINE.client_id
SCOPE = "openid profile offline_access"


def ask(house: OidcHouse, client: str = CLI, **fields: str) -> Any:
    return house.as_client("/oauth2/device_authorization", {"scope": SCOPE, **fields}, client)


def codes_for(house: OidcHouse, client: str = CLI, **fields: str) -> dict[str, Any]:
    answer = ask(house, client, **fields)
    assert answer.status_code == 200, answer.text
    codes: dict[str, Any] = answer.json
    return codes


def poll(house: OidcHouse, codes: dict[str, Any], client: str = CLI) -> Any:
    return house.token({"grant_type": GRANT_TYPE, "device_code": codes["device_code"]}, client)


def error_of(answer: Any) -> str:
    assert answer.status_code == 400, answer.text
    error: str = answer.json["error"]
    return error


def later(house: OidcHouse, seconds: float) -> None:
    house.people.clock.advance(timedelta(seconds=seconds))


def type_code(browser: Browser, code: str) -> Any:
    """Into the form, and on to where its answer leads."""
    browser.get("/device")
    answer = browser.post("/device", {"user_code": code})
    return browser.get(answer.headers["location"]) if answer.status_code == 303 else answer


def choose(browser: Browser, codes: dict[str, Any], way: str = "approve") -> Any:
    found = type_code(browser, codes["user_code"])
    assert found.status_code == 200, found.text
    return browser.post(f"/device/{way}", {"user_code": codes["user_code"]})
