"""Many at once with the same code, refresh token or assertion: exactly one of them gets anything."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from falcon.testing import Result

from oidc_house import OidcHouse, exchange
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.tokens.access_token import MintedToken
from ostiary.domain.tokens.device_grant import GRANT_TYPE
from ostiary.domain.tokens.grant import Minting
from web_browser import Browser

_AT_ONCE = 8


def _all_at_once(send: Callable[[], Result]) -> list[Result]:
    barrier = Barrier(_AT_ONCE)

    def go(_number: int) -> Result:
        barrier.wait(10)
        return send()

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(go, range(_AT_ONCE)))


def test_a_code_is_exchanged_once_by_many_at_once(house: OidcHouse, browser: Browser) -> None:
    fields = exchange(house.code(browser))
    results = _all_at_once(lambda: house.token(fields))
    winners = [result.json for result in results if result.status_code == 200]
    assert len(winners) <= 1, "none when another came before the tokens were made"
    house.refresh()
    for winner in winners:
        assert house.refreshed(winner["refresh_token"]).json["error"] == "invalid_grant", "the others ended its family"
    assert len(house.events("ReuseAuthorizationCode")) == _AT_ONCE - 1


def test_a_second_use_before_the_tokens_of_the_first_are_made_ends_both(
    house: OidcHouse, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no family yet that it could end: the first use must see that there was another one."""
    fields, minting = exchange(house.code(browser)), Minting.access_token
    between: list[Result] = []

    def interrupted(self: Minting, *given: Any, **more: Any) -> MintedToken:
        between.append(house.token(fields))
        return minting(self, *given, **more)

    monkeypatch.setattr(Minting, "access_token", interrupted)
    first = house.token(fields)
    assert [result.json["error"] for result in (first, *between)] == ["invalid_grant"] * 2
    assert house.events("IssueToken")[0].outcome is not Outcome.SUCCESS
    assert len(house.events("ReuseAuthorizationCode")) == 1


def test_a_refresh_token_is_rotated_once_by_many_at_once(house: OidcHouse, browser: Browser) -> None:
    refresh_token = house.tokens(browser)["refresh_token"]
    results = _all_at_once(lambda: house.refreshed(refresh_token))
    assert sum(result.status_code == 200 for result in results) == 1
    for winner in (result.json for result in results if result.status_code == 200):
        assert house.refreshed(winner["refresh_token"]).json["error"] == "invalid_grant"


def test_an_assertion_is_accepted_once_by_many_at_once(house: OidcHouse) -> None:
    fields = {"grant_type": "client_credentials", **house.assertion(jti="one")}
    results = _all_at_once(lambda: house.post("/oauth2/token", fields))
    assert sum(result.status_code == 200 for result in results) == 1
    issued = [event for event in house.events("IssueToken") if event.outcome is Outcome.SUCCESS]
    assert len(issued) == 1


def test_a_device_code_is_exchanged_once_by_many_at_once(house: OidcHouse, browser: Browser) -> None:
    asked = house.as_client("/oauth2/device_authorization", {"scope": "openid offline_access"}, "ostiary-cli").json
    browser.get("/device")
    browser.post("/device/approve", {"user_code": asked["user_code"]})
    fields = {"grant_type": GRANT_TYPE, "device_code": asked["device_code"]}
    results = _all_at_once(lambda: house.token(fields, "ostiary-cli"))
    winners = [result.json for result in results if result.status_code == 200]
    assert len(winners) <= 1, "none when another came before the tokens were made"
    house.refresh()
    for winner in winners:
        assert house.bearer(winner["access_token"]).status_code == 401, "the others ended what came of it"
    assert len(house.events("ReuseDeviceCode")) == _AT_ONCE - 1
