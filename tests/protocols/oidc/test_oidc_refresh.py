"""A refresh token is good once, for its client, while the person may; a second use ends its family."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oidc_house import SHOP, OidcHouse, claims_of
from ostiary.domain.directory.model import PersonKind, PersonStatus
from ostiary.domain.sessions.model import Epoch, EpochKind
from people_house import Enrolled, from_network
from web_browser import Browser

_LOOPBACK = "http://127.0.0.1:7/callback"


def test_a_refresh_gives_new_tokens_of_the_same_person_and_sign_in(house: OidcHouse, browser: Browser) -> None:
    first = house.tokens(browser)
    house.people.clock.advance(timedelta(minutes=9))
    second = house.refreshed(first["refresh_token"]).json
    assert second["refresh_token"] != first["refresh_token"]
    before, after = claims_of(first["id_token"]), claims_of(second["id_token"])
    for same in ("sub", "aud", "sid", "auth_time", "amr"):
        assert after[same] == before[same]
    assert after["iat"] == before["iat"] + 540
    assert "nonce" not in after
    assert house.bearer(second["access_token"]).status_code == 200


def test_a_used_refresh_token_ends_its_family(house: OidcHouse, browser: Browser) -> None:
    first = house.tokens(browser)
    second = house.refreshed(first["refresh_token"]).json
    assert house.refreshed(first["refresh_token"]).json["error"] == "invalid_grant"
    house.refresh()
    assert house.refreshed(second["refresh_token"]).json["error"] == "invalid_grant"
    assert house.bearer(second["access_token"]).status_code == 401
    [event] = house.events("ReuseRefreshToken")
    assert event.actor_name == "shop"
    assert first["refresh_token"] not in str(house.people.events())


def test_a_refresh_token_in_the_wrong_hands_ends_its_family(house: OidcHouse, browser: Browser) -> None:
    tokens = house.tokens(browser)
    assert house.refreshed(tokens["refresh_token"], "phone").json["error"] == "invalid_grant"
    assert house.refreshed(tokens["refresh_token"]).json["error"] == "invalid_grant"


def test_a_refresh_may_ask_for_less_and_never_for_more(house: OidcHouse, browser: Browser) -> None:
    tokens = house.tokens(browser, scope="openid offline_access orders.read")
    assert house.refreshed(tokens["refresh_token"], scope="openid email").json["error"] == "invalid_scope"
    less = house.refreshed(tokens["refresh_token"], scope="orders.read").json
    assert less["scope"] == "orders.read"
    assert "id_token" not in less
    assert house.refreshed(less["refresh_token"]).json["scope"] == "openid offline_access orders.read"


def test_a_scope_taken_from_the_application_is_gone_at_the_next_refresh(house: OidcHouse, browser: Browser) -> None:
    tokens = house.tokens(browser, scope="openid offline_access orders.read")
    house.put(replace(SHOP, scopes=("openid", "offline_access")))
    assert house.refreshed(tokens["refresh_token"]).json["scope"] == "openid offline_access"


@pytest.mark.parametrize(
    "change", [{"status": PersonStatus.DISABLED}, {"groups": ("support",)}, {"status": PersonStatus.INVITED}]
)
def test_a_person_who_may_not_any_more_is_not_refreshed(
    house: OidcHouse, browser: Browser, change: dict[str, object]
) -> None:
    tokens = house.tokens(browser)
    house.change("ada", **change)
    assert house.refreshed(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert house.bearer(tokens["access_token"]).status_code == 401


def test_claims_are_made_anew_at_each_refresh(house: OidcHouse, browser: Browser) -> None:
    tokens = house.tokens(browser)
    house.change("ada", groups=("platform", "support"), attributes={"department": "music"})
    claims = claims_of(house.refreshed(tokens["refresh_token"]).json["id_token"])
    assert claims["groups"] == ["platform", "support"]
    assert claims["department"] == "music"


def test_signing_out_ends_the_family(house: OidcHouse, browser: Browser) -> None:
    tokens = house.tokens(browser)
    house.people.sessions.sign_out(house.people.current.signed_in(browser.cookies["ostiary_session"], from_network()))
    assert house.refreshed(tokens["refresh_token"]).json["error"] == "invalid_grant"
    house.refresh()
    assert house.bearer(tokens["access_token"]).status_code == 401


@pytest.mark.parametrize(
    ("kind", "subject_of"),
    [
        (EpochKind.PERSON, "sub"),
        (EpochKind.APPLICATION, "client_id"),
        (EpochKind.SESSION, "sid"),
        (EpochKind.TOKEN, "family"),
    ],
)
def test_an_epoch_ends_access_and_refresh_tokens(
    house: OidcHouse, browser: Browser, kind: EpochKind, subject_of: str
) -> None:
    tokens = house.tokens(browser)
    epoch = Epoch(kind, claims_of(tokens["access_token"])[subject_of], house.people.clock.now())
    house.people.database.write(lambda tx: tx.sessions.add_epoch(epoch))
    house.refresh()
    assert house.bearer(tokens["access_token"]).status_code == 401
    assert house.refreshed(tokens["refresh_token"]).json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("client", "redirect_uri", "life"),
    [("shop", None, timedelta(hours=12)), ("phone", _LOOPBACK, timedelta(days=30))],
)
def test_a_family_has_an_end_that_refreshing_does_not_move(
    house: OidcHouse, browser: Browser, client: str, redirect_uri: str | None, life: timedelta
) -> None:
    tokens = (
        house.tokens(browser, client, redirect_uri=redirect_uri or None, scope="openid offline_access")
        if (redirect_uri)
        else house.tokens(browser, client)
    )
    house.people.clock.advance(life - timedelta(seconds=1))
    fresh = house.refreshed(tokens["refresh_token"], client)
    assert fresh.status_code == 200, fresh.text
    house.people.clock.advance(timedelta(seconds=1))
    assert house.refreshed(fresh.json["refresh_token"], client).json["error"] == "invalid_grant"


def test_what_was_never_a_refresh_token_is_refused(house: OidcHouse, ada: Enrolled) -> None:
    for text in ("", "x", "ostr_", "ostr_" + "0" * 70, "\ud800".encode("utf-8", "replace").decode()):
        result = house.refreshed(text)
        assert result.status_code == 400
        assert result.json["error"] == ("invalid_grant" if text else "invalid_request")


@pytest.mark.parametrize("kind", [PersonKind.FIRST_ADMINISTRATOR, PersonKind.BREAK_GLASS])
def test_of_a_guarded_account_no_family_outlives_its_session(house: OidcHouse, ada: Enrolled, kind: PersonKind) -> None:
    person = house.change("ada", kind=kind)
    browser = house.signed_in_browser(ada)
    tokens = house.tokens(browser, "phone", redirect_uri=_LOOPBACK, scope="openid offline_access")
    with house.people.database.read() as tx:
        [family] = tx.tokens.living_families(person.person_id, house.people.clock.now())
        session = tx.sessions.browser_session(family.family.session_id)
        assert session is not None
        assert family.family.expires_at == session.expires_at
    house.people.clock.at = session.expires_at
    assert house.refreshed(tokens["refresh_token"], "phone").json["error"] == "invalid_grant"
