"""Does a browser that she uses stay open to her whatever strangers do, and is a new one told to her? (BP01-13, 14)"""

from __future__ import annotations

import re
from contextlib import suppress

from mail_room import mails_in
from ostiary.domain.audit.caller import anonymous
from ostiary.domain.credentials.errors import Throttled
from ostiary.domain.credentials.throttle import Guessed
from ostiary.domain.mail.model import MailKind
from ostiary.domain.signin_policy.model import ScopeKind, SignInPolicy
from people_house import ISSUER, House, from_network
from web_browser import Browser, make_app, sign_in

WRONG = {"username": "ada", "password": "wrong"}


def signed_out(browser: Browser) -> Browser:
    """The same browser, with nothing but what it keeps for long."""
    del browser.cookies["ostiary_session"]
    return browser


def without_chance(page: str) -> str:
    return re.sub(r"[A-Za-z0-9_-]{40,}", "", page)


def flood(house: House) -> None:
    """Strangers everywhere, and behind her own address."""
    for number in range(101):
        with suppress(Throttled):
            house.throttle.count(anonymous(from_network(f"10.9.{number}.1")), Guessed.PASSWORD, name="ada")
            house.throttle.count(anonymous(from_network("127.0.0.1")), Guessed.PASSWORD, name="ada")


def test_a_flood_does_not_lock_her_out_of_a_browser_that_she_uses(house: House) -> None:
    app, ada = make_app(house), house.enrol()
    known, strange = Browser(app), Browser(app)
    assert sign_in(known, ada).status_code == 303
    flood(house)
    strange.get("/signin")
    assert strange.post("/signin", WRONG).status_code == 429
    assert sign_in(signed_out(known), ada).headers["location"] == "/"


def test_a_device_cookie_that_somebody_made_up_gives_nothing(house: House) -> None:
    app, ada = make_app(house), house.enrol()
    known = Browser(app)
    sign_in(known, ada)
    flood(house)
    names = [name for name in known.cookies if "device" in name]
    assert len(names) == 1
    forged = known.cookies[names[0]]
    for cookie in (forged[:-1] + ("0" if forged[-1] != "0" else "1"), "x" * len(forged), ""):
        thief = Browser(app, cookies={names[0]: cookie})
        thief.get("/signin")
        assert thief.post("/signin", WRONG).status_code == 429


def test_a_new_browser_is_told_to_her_with_a_link_that_says_it_was_not_she(house: House) -> None:
    app, ada = make_app(house), house.enrol()
    sign_in(Browser(app), ada)
    before = len(mails_in(house.database, house.keys, MailKind.NEW_SIGN_IN))
    sign_in(Browser(app), ada)
    notices = mails_in(house.database, house.keys, MailKind.NEW_SIGN_IN)
    assert len(notices) == before + 1
    link = notices[-1].values["not_me"]
    assert link.startswith(f"{ISSUER}/not-me/")
    page = Browser(app).get(link.removeprefix(ISSUER))
    assert page.status_code == 200


def test_a_denied_network_gets_the_page_of_a_wrong_password(house: House) -> None:
    app, ada = make_app(house), house.enrol()
    wrong, denied = Browser(app), Browser(app)
    wrong.get("/signin")
    said = wrong.post("/signin", WRONG)
    house.put_policy(SignInPolicy(ScopeKind.DIRECTORY, "workforce", risk_deny_networks=("127.0.0.0/8",)))
    denied.get("/signin")
    answer = denied.post("/signin", {"username": "ada", "password": ada.password})
    assert (answer.status_code, said.status_code) == (400, 400)
    assert without_chance(answer.text) == without_chance(said.text)
