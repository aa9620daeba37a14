"""A directory whose people sign in at an upstream provider, and a browser that goes there and comes back."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

from falcon.testing import Result

from ostiary.domain.directory.model import Person, PersonStatus
from ostiary.domain.federation.upstream import UpstreamProvider, secret_identity
from parts.upstream_provider import CLIENT_ID, CLIENT_SECRET
from parts.upstream_provider import UpstreamProvider as Provider
from people_house import House
from web_browser import Browser

NAME = "example"
LABEL = "Example Login"


def trust(house: House, provider: Provider, **settings: Any) -> UpstreamProvider:
    """From now on people of `workforce` may come from there."""
    name = settings.pop("name", NAME)
    sealed = house.keys.value.keyring.seal(CLIENT_SECRET.encode(), identity=secret_identity(name))
    usual = {"directory": "workforce", "issuer": provider.url, "client_id": CLIENT_ID, "label": LABEL}
    made = UpstreamProvider(name=name, sealed_secret=sealed, **{"mfa_amr": ("mfa",), **usual, **settings})
    house.database.write(lambda tx: tx.federation.put_upstream_provider(made))
    house.refresh()
    return made


def leave(browser: Browser, *, name: str = NAME, return_to: str = "") -> str:
    """The address at the provider to which the browser is sent."""
    browser.get("/signin")
    answer = browser.post(f"/signin/with/{name}{return_to}")
    assert answer.status_code == 200, answer.text
    found = re.search(r'class="button" href="([^"]*)"', answer.text)
    assert found
    address = unescape(found[1])
    assert answer.headers["refresh"] == f"0; url={address}"
    return address


def come_in(browser: Browser, provider: Provider, subject: str = "ada", **claims: Any) -> Result:
    return browser.get(provider.authorize(leave(browser), subject, **claims))


def person(house: House, name: str = "ada") -> Person:
    with house.database.read() as tx:
        found = tx.directory.person_by_user_name(name)
    assert found is not None
    return found


def change(house: House, name: str = "ada", **facts: Any) -> None:
    changed = replace(person(house, name), **facts)
    house.database.write(lambda tx: tx.directory.put_person(changed))


def links(house: House) -> list[tuple[str, str]]:
    with house.database.read() as tx:
        return [(one.subject, one.person_id) for one in tx.federation.upstream_identities(NAME)]


def disable(house: House, name: str = "ada") -> None:
    change(house, name, status=PersonStatus.DISABLED)
