"""Whoever must prove two factors did so, or gets nothing: every way in against everything that is handed out (BP01-17).

Each door is walked by a browser as far as that proof alone leads; then everything that a person can get is tried.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from device_flow import codes_for, poll, type_code
from mail_room import mails_in
from oidc_house import OidcHouse, authorize_path, claims_of, exchange
from ostiary.domain.applications.builtin import COMMAND_LINE
from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.credentials.recovery_codes import make_codes
from ostiary.domain.mail.model import MailKind
from ostiary.domain.signin_policy.model import Factor, Prompt, RiskAnswer, ScopeKind, SignInPolicy
from ostiary.storage.transaction import Transaction
from parts.software_authenticator import SoftwareAuthenticator
from people_house import ISSUER, Enrolled, from_network
from web_browser import Browser, sign_in

World = tuple[OidcHouse, Enrolled]
Proofs = list[list[str]]
MULTI, SINGLE = AssuranceLevel.MULTI_FACTOR, AssuranceLevel.SINGLE_FACTOR
EVERY = tuple(Factor)


# The doors.
def by_nothing(world: World) -> Browser:
    return world[0].browser()


def by_password(world: World) -> Browser:
    browser = world[0].browser()
    browser.get("/signin")
    browser.post("/signin", {"username": "ada", "password": world[1].password})
    return browser


def by_password_and_code(world: World) -> Browser:
    browser = world[0].browser()
    sign_in(browser, world[1])
    return browser


def by_password_and_recovery_code(world: World) -> Browser:
    people, browser = world[0].people, by_password(world)
    person_id, now = person_of(world), people.clock.now()
    codes = people.database.write(lambda tx: make_codes(tx.credentials, person_id, now))
    browser.get("/signin/code?by=recovery-code")
    browser.post("/signin/code/recovery", {"code": codes[0].reveal()})
    return browser


def by_mailed_code(world: World) -> Browser:
    people, browser = world[0].people, world[0].browser()
    browser.get("/signin/email")
    browser.post("/signin/email", {"username": "ada"})
    [*_, mail] = mails_in(people.database, people.keys, MailKind.EMAIL_CODE)
    browser.post("/signin/email/code", {"username": "ada", "code": mail.values["code"]})
    return browser


def by_passkey(world: World) -> Browser:
    people, authenticator, browser = world[0].people, SoftwareAuthenticator(ISSUER), world[0].browser()
    here = people.current.signed_in(world[1].sign_in().token.reveal(), from_network())
    adding = people.services.passkeys.adding
    options = adding.options(here.person, here.rules, "cookie")
    assert options is not None
    adding.add_to_account(here, authenticator.create(options), "cookie")
    found = re.search(r'data-options="([^"]*)"', browser.get("/signin").text)
    assert found
    browser.post("/signin/passkey", {"credential": authenticator.get(json.loads(html.unescape(found[1])))})
    return browser


def by_password_without_a_factor(world: World) -> Browser:
    lose_factors(world)
    return by_password(world)


def by_mailed_code_without_a_factor(world: World) -> Browser:
    lose_factors(world)
    return by_mailed_code(world)


def lose_factors(world: World) -> None:
    person_id = person_of(world)
    with world[0].people.database.read() as tx:
        factors = tx.credentials.totp_factors(person_id)
    for factor in factors:
        world[0].people.database.write(partial(_delete, factor.factor_id))


def _delete(factor_id: str, tx: Transaction) -> None:
    tx.credentials.delete_totp_factor(factor_id)


def by_a_link_to_enrol(world: World) -> Browser:
    browser, link = world[0].browser(), f"/enroll/{world[0].people.invite().token.reveal()}"
    browser.get(link)
    browser.post(link, {"new_password": "another long sentence 7", "repeat_password": "another long sentence 7"})
    return browser


def by_a_link_to_recover(world: World) -> Browser:
    people, browser = world[0].people, world[0].browser()
    browser.get("/recover")
    browser.post("/recover", {"username": "ada"})
    [*_, mail] = mails_in(people.database, people.keys, MailKind.RECOVERY)
    link = "/recover/" + mail.values["link"].rpartition("/")[2]
    browser.get(link)
    assert browser.post(link).headers["location"] == "/recover/prove"
    return browser


def person_of(world: World) -> str:
    with world[0].people.database.read() as tx:
        person = tx.directory.person_by_user_name("ada")
    assert person is not None
    return person.person_id


# What is handed out, with what it says was proved.
def tokens_by_code(world: World, browser: Browser, client: str, **wish: str) -> Proofs:
    """With those that come of refreshing."""
    location = browser.get(authorize_path(client_id=client, **wish)).headers["location"]
    if location.startswith("/consent"):
        browser.get(location)
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', browser.page))
        done = browser.post("/consent", {k: html.unescape(v) for k, v in fields.items()} | {"agree": "yes"})
        location = browser.get(done.headers["refresh"].removeprefix("0; url=")).headers["location"]
    answer = dict(parse_qsl(urlsplit(location).query))
    if "code" not in answer:
        return []
    fields = exchange(answer["code"], redirect_uri=wish.get("redirect_uri", "https://shop.example.com/callback"))
    return said_in(world, world[0].token(fields, client).json, client)


def tokens_of_the_shop(world: World, browser: Browser) -> Proofs:
    return tokens_by_code(world, browser, "shop")


def tokens_of_the_command_line(world: World, browser: Browser) -> Proofs:
    wish = {"redirect_uri": "http://127.0.0.1:49152/callback", "scope": "openid offline_access"}
    return tokens_by_code(world, browser, COMMAND_LINE.client_id, **wish)


def tokens_of_a_device(world: World, browser: Browser) -> Proofs:
    codes = codes_for(world[0])
    if type_code(browser, codes["user_code"]).status_code != 200:
        return []
    browser.post("/device/approve", {"user_code": codes["user_code"]})
    answer = poll(world[0], codes)
    return said_in(world, answer.json, COMMAND_LINE.client_id) if answer.status_code == 200 else []


def role_credentials(world: World, browser: Browser) -> Proofs:
    action = re.search(r'action="(/portal/credentials/[^"]+)"', browser.get("/").text)
    path = action[1] if action else "/portal/credentials/204817365091/ReadOnly"
    if "SecretAccessKey" not in browser.post(path).text:
        return []
    return [list(world[0].events("GetRoleCredentials")[0].assurance)]


def said_in(world: World, tokens: dict[str, Any], client: str) -> Proofs:
    again = world[0].refreshed(tokens["refresh_token"], client).json
    texts = [one[name] for one in (tokens, again) for name in ("id_token", "access_token")]
    return [claims_of(text)["amr"] for text in texts]


HANDED_OUT = (tokens_of_the_shop, tokens_of_the_command_line, tokens_of_a_device, role_credentials)
OPEN: dict[Callable[[World], Browser], set[str] | None] = {
    by_nothing: None,
    by_password: None,
    by_password_without_a_factor: None,
    by_mailed_code: None,
    by_mailed_code_without_a_factor: None,
    by_a_link_to_enrol: None,
    by_a_link_to_recover: None,
    by_password_and_code: {"pwd", "otp", "mfa"},
    by_password_and_recovery_code: {"pwd", "rc", "mfa"},
    by_passkey: {"hwk", "user", "mfa"},
}


def where_the_directory_asks(house: OidcHouse) -> None:
    put(house, ScopeKind.DIRECTORY, "workforce", required=MULTI)


def where_her_group_asks(house: OidcHouse) -> None:
    put(house, ScopeKind.DIRECTORY, "workforce", required=SINGLE, prompt=Prompt.CONTEXT)
    put(house, ScopeKind.GROUP, "platform", required=MULTI, prompt=Prompt.ALWAYS)


def where_only_the_application_asks(house: OidcHouse) -> None:
    put(house, ScopeKind.DIRECTORY, "workforce", required=SINGLE, prompt=Prompt.CONTEXT, risk_medium=RiskAnswer.ALLOW)
    for client in ("shop", COMMAND_LINE.client_id):
        put(house, ScopeKind.APPLICATION, client, required=MULTI)


def put(house: OidcHouse, kind: ScopeKind, name: str, **said: Any) -> None:
    house.people.put_policy(SignInPolicy(kind, name, factors=EVERY, **said))


@pytest.mark.parametrize("table", [where_the_directory_asks, where_her_group_asks, where_only_the_application_asks])
@pytest.mark.parametrize("door", OPEN)
def test_who_must_prove_two_factors_did_or_gets_nothing(
    house: OidcHouse, ada: Enrolled, door: Callable[[World], Browser], table: Callable[[OidcHouse], None]
) -> None:
    table(house)
    world, expected = (house, ada), OPEN[door]
    browser = door(world)
    for hand_out in HANDED_OUT:
        proofs = hand_out(world, browser)
        if expected is None:
            assert proofs == [], hand_out.__name__
        else:
            assert proofs, hand_out.__name__
            assert all(set(methods) == expected for methods in proofs), (hand_out.__name__, proofs)


@pytest.mark.parametrize(
    "grant_type",
    ["password", "implicit", "urn:ietf:params:oauth:grant-type:token-exchange",
     "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:saml2-bearer",
     "urn:openid:params:grant-type:ciba"],
)  # fmt: skip
def test_no_other_grant_speaks_for_a_person(house: OidcHouse, ada: Enrolled, grant_type: str) -> None:
    fields = {"grant_type": grant_type, "username": "ada", "password": ada.password, "scope": "openid"}
    assert house.token(fields).json["error"] == "unsupported_grant_type"
    assert house.token(fields, COMMAND_LINE.client_id).json["error"] == "unsupported_grant_type"
