"""What attackers try where people come back from an upstream provider: each time nobody gets in and nothing changes."""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwk, jwt

from ostiary.domain.directory.model import Directory, PersonStatus
from ostiary.domain.federation import upstream_exchange
from ostiary.domain.signin.break_glass import BreakGlass
from parts.upstream_provider import Misbehaviour, UpstreamProvider
from people_house import OPERATOR, Enrolled, House, from_network, secret_of
from upstream_house import change, come_in, leave, links, person, trust
from web_browser import Browser, make_app, sign_in


@pytest.fixture
def provider(house: House) -> Iterator[UpstreamProvider]:
    made = UpstreamProvider(house.clock.now)
    trust(house, made)
    house.invite()
    yield made
    made.close()


def check_nobody_is_in(house: House, browser: Browser) -> None:
    assert "ostiary_session" not in browser.cookies
    assert links(house) == []
    assert person(house).status is PersonStatus.INVITED
    assert house.events("LinkUpstreamIdentity") == []


def test_an_answer_counts_once(house: House, browser: Browser, provider: UpstreamProvider) -> None:
    back = provider.authorize(leave(browser), "ada", amr=["mfa"])
    assert browser.get(back).status_code == 303
    browser.cookies.pop("ostiary_session")
    assert browser.get(back).status_code == 400
    assert "ostiary_session" not in browser.cookies
    assert provider.asked.count("/token") == 1


def test_of_two_answers_at_the_same_moment_one_counts(house: House, provider: UpstreamProvider) -> None:
    app = make_app(house)
    browser = Browser(app)
    back = provider.authorize(leave(browser), "ada", amr=["mfa"])
    twins = [Browser(app, cookies=dict(browser.cookies)) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda twin: twin.get(back).status_code, twins))
    assert sorted(answers) == [303, 400, 400, 400]


def test_somebody_elses_answer_signs_nobody_in(house: House, browser: Browser, provider: UpstreamProvider) -> None:
    """Login CSRF: the attacker's own answer, in the browser of another person."""
    back = provider.authorize(leave(browser), "ada", amr=["mfa"])
    victim = Browser(make_app(house))
    victim.get("/signin")
    assert victim.get(back).status_code == 400
    check_nobody_is_in(house, victim)
    assert Browser(make_app(house)).get(back).status_code == 400
    assert provider.asked.count("/token") == 0
    assert house.events("SignIn") == []


def test_no_other_site_sends_a_browser_there(browser: Browser, provider: UpstreamProvider) -> None:
    browser.get("/signin")
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Origin": "https://attacker.example"}
    assert browser.post("/signin/with/example", {}, **elsewhere).status_code == 403
    assert browser.post("/signin/with/example", {"csrf": "x"}).status_code == 403
    assert browser.get("/signin/with/example").status_code == 405


def test_an_answer_that_comes_too_late_is_over(house: House, browser: Browser, provider: UpstreamProvider) -> None:
    back = provider.authorize(leave(browser), "ada", amr=["mfa"])
    house.clock.advance(timedelta(minutes=10))
    assert browser.get(back).status_code == 400
    check_nobody_is_in(house, browser)


@pytest.mark.parametrize("change_state", ["", "x", "A" * 5000, "é", "cut", "flipped"])
def test_a_state_that_is_not_ours_is_refused(
    house: House, browser: Browser, provider: UpstreamProvider, change_state: str
) -> None:
    back = provider.authorize(leave(browser), "ada", amr=["mfa"])
    query = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    state = query["state"]
    flipped = state[:200] + ("A" if state[200] != "A" else "B") + state[201:]
    query["state"] = {"cut": state[:-4], "flipped": flipped}.get(change_state, change_state)
    assert browser.get(f"/signin/with/example/callback?{urlencode(query)}").status_code == 400
    check_nobody_is_in(house, browser)
    assert provider.asked.count("/token") == 0


def test_the_answer_of_one_provider_is_not_taken_for_anothers(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    """Mix-up (RFC 9700 section 4.4): each provider has a redirect URI and a state of its own."""
    trust(house, provider, name="second")
    back = provider.authorize(leave(browser), "ada", amr=["mfa"])
    assert browser.get(back.replace("/with/example/", "/with/second/")).status_code == 400
    assert browser.get(back.replace("/with/example/", "/with/third/")).status_code == 404
    check_nobody_is_in(house, browser)


@pytest.mark.parametrize("issuer", ["https://attacker.example", ""])
def test_an_answer_that_names_another_issuer_is_refused_before_the_code_is_given_away(
    house: House, browser: Browser, provider: UpstreamProvider, issuer: str
) -> None:
    back = provider.authorize(leave(browser), "ada", amr=["mfa"])
    before = urlencode({"iss": provider.url})
    assert browser.get(back.replace(before, urlencode({"iss": issuer}))).status_code == 400
    assert provider.asked.count("/token") == 0
    check_nobody_is_in(house, browser)


def test_a_provider_that_names_itself_always_does(house: House, browser: Browser, provider: UpstreamProvider) -> None:
    back = provider.authorize(leave(browser), "ada", amr=["mfa"])
    without = back.replace("&" + urlencode({"iss": provider.url}), "")
    assert without != back
    assert browser.get(without).status_code == 400
    check_nobody_is_in(house, browser)


def _none(claims: dict[str, Any]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


def _hmac_with(provider: UpstreamProvider) -> Callable[[dict[str, Any]], str]:
    def forge(claims: dict[str, Any]) -> str:
        parts = ({"alg": "HS256", "kid": "one", "typ": "JWT"}, claims)
        body = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
        made = hmac.new(provider.key.as_pem(private=False), body, sha256).digest()
        return (body + b"." + base64.urlsafe_b64encode(made).rstrip(b"=")).decode()

    return forge


def _another_key(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, jwk.RSAKey.generate_key(2048))


def _of_another_type(provider: UpstreamProvider) -> Callable[[dict[str, Any]], str]:
    return lambda claims: jwt.encode({"alg": "RS256", "kid": "one", "typ": "at+jwt"}, claims, provider.key)


@pytest.mark.parametrize("kind", ["none", "hmac", "key", "type", "unsigned", "nothing"])
def test_a_token_that_the_provider_did_not_sign_as_an_identity_is_refused(
    house: House, browser: Browser, provider: UpstreamProvider, kind: str
) -> None:
    forgeries = {
        "none": _none,
        "hmac": _hmac_with(provider),
        "key": _another_key,
        "type": _of_another_type(provider),
        "unsigned": lambda claims: provider.token_for(claims).rpartition(".")[0] + ".",
        "nothing": lambda _claims: "",
    }
    provider.misbehaviour = Misbehaviour(forge=forgeries[kind])
    assert come_in(browser, provider, amr=["mfa"]).status_code == 400
    check_nobody_is_in(house, browser)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": ["ostiary", "another"]},
        {"azp": "another"},
        {"iss": "https://attacker.example"},
        {"exp": 1_500_000_000},
        {"exp": None},
        {"iat": None},
        {"iat": 1_500_000_000},
        {"iat": True},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "a" * 256},
        {"sub": "a\x00b"},
    ],
    ids=str,
)
def test_a_token_that_does_not_answer_our_question_is_refused(
    house: House, browser: Browser, provider: UpstreamProvider, claims: dict[str, Any]
) -> None:
    provider.misbehaviour = Misbehaviour(claims=claims)
    assert come_in(browser, provider, amr=["mfa"]).status_code == 400
    check_nobody_is_in(house, browser)
    [refused] = house.events("SignIn")
    assert refused.outcome.value == "failed"


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"email_verified": 1},
        {"email": None},
        {"email": ["ada@example.com"]},
        {"email": "ada@example.com\x00"},
        {"email": "\u0430da@example.com"},  # the first letter is Cyrillic
        {"email": ""},
    ],
    ids=str,
)
def test_an_address_that_is_not_plainly_hers_and_verified_links_nobody(
    house: House, browser: Browser, provider: UpstreamProvider, claims: dict[str, Any]
) -> None:
    assert come_in(browser, provider, amr=["mfa"], **claims).status_code == 400
    check_nobody_is_in(house, browser)


def test_a_person_of_another_directory_is_not_opened_by_her_address(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    house.database.write(lambda tx: tx.directory.put_directory(Directory("partners")))
    change(house, directory="partners")
    assert come_in(browser, provider, amr=["mfa"]).status_code == 400
    check_nobody_is_in(house, browser)


def test_an_address_that_two_people_have_opens_neither(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    house.invite("bea")
    change(house, "bea", email="ADA@example.com")
    assert come_in(browser, provider, amr=["mfa"]).status_code == 400
    check_nobody_is_in(house, browser)


def test_whoever_gets_her_address_at_the_provider_later_is_somebody_else(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    come_in(browser, provider, amr=["mfa"])
    before = links(house)
    heir = Browser(make_app(house))
    assert come_in(heir, provider, "heir", email="ada@example.com", amr=["mfa"]).status_code == 400
    assert "ostiary_session" not in heir.cookies
    assert links(house) == before


def test_a_token_endpoint_that_redirects_gets_no_secret_elsewhere(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    other = UpstreamProvider(house.clock.now)
    provider.misbehaviour = Misbehaviour(status=307, location=f"{other.url}/token")
    assert come_in(browser, provider, amr=["mfa"]).status_code == 503
    assert other.asked == []
    other.close()
    check_nobody_is_in(house, browser)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"x" * 300_000, 503),
        (b'{"id_token": 7}', 400),
        (b'{"id_token": "' + b"a." * 40_000 + b'"}', 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b"", 400),
    ],
    ids=["huge", "number", "long", "bytes", "deep", "empty"],
)
def test_an_answer_out_of_bounds_is_refused(
    house: House, browser: Browser, provider: UpstreamProvider, body: bytes, status: int
) -> None:
    provider.misbehaviour = Misbehaviour(body=body)
    assert come_in(browser, provider, amr=["mfa"]).status_code == status
    check_nobody_is_in(house, browser)


def test_metadata_of_another_issuer_is_not_believed(house: House, browser: Browser, provider: UpstreamProvider) -> None:
    trust(house, provider, issuer=f"{provider.url}/")
    browser.get("/signin")
    assert browser.post("/signin/with/example").status_code == 503


def test_endpoints_in_the_inner_network_are_not_asked(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    provider.document = lambda _path: {  # type: ignore[assignment,method-assign]
        "issuer": provider.url,
        "authorization_endpoint": f"{provider.url}/authorize",
        "token_endpoint": "http://10.0.0.1/token",
        "jwks_uri": f"{provider.url}/keys",
    }
    browser.get("/signin")
    assert browser.post("/signin/with/example").status_code == 503


def test_when_the_provider_is_gone_a_calm_page_says_so_and_other_doors_are_open(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    bea = house.enrol("bea")
    url = leave(browser)
    back = provider.authorize(url, "ada", amr=["mfa"])
    provider.close()
    began = time.monotonic()
    answer = browser.get(back)
    assert answer.status_code == 503
    assert "cannot be reached now" in answer.text
    assert time.monotonic() - began < 10
    assert sign_in(Browser(make_app(house)), bea).status_code == 303
    again = Browser(make_app(house))
    again.get("/signin")
    assert again.post("/signin/with/example").status_code in {200, 503}


def test_the_account_for_emergencies_opens_while_the_provider_is_gone(house: House, provider: UpstreamProvider) -> None:
    """BP01-16: nothing of it depends on a provider."""
    provider.close()
    glass = BreakGlass(
        transactions=house.database,
        hashing=house.services.hashing,
        authenticators=house.services.authenticators,
        last_use=house.last_use,
        clock=house.clock,
    )
    [envelope] = glass.seal(OPERATOR, "break-glass-k3x9", groups=("platform",), two_people=False).envelopes
    assert envelope.authenticator is not None
    sealed = Enrolled(
        house, "break-glass-k3x9", envelope.password.reveal(), secret_of(envelope.authenticator.uri.reveal())
    )
    browser = Browser(make_app(house))
    assert sign_in(browser, sealed).status_code == 303
    assert browser.get("/").status_code == 200


def test_a_slow_provider_takes_a_few_threads_and_the_others_work(
    house: House, provider: UpstreamProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    bea = house.enrol("bea")
    app = make_app(house)
    browsers = [Browser(app) for _ in range(upstream_exchange.MOST_AT_ONCE + 1)]
    backs = [provider.authorize(leave(one), "ada", amr=["mfa"]) for one in browsers]
    provider.misbehaviour = Misbehaviour(seconds=2.0)
    with ThreadPoolExecutor(len(browsers)) as threads:
        waiting = [threads.submit(one.get, back) for one, back in zip(browsers[1:], backs[1:], strict=True)]
        deadline = time.monotonic() + 5
        while provider.asked.count("/token") < upstream_exchange.MOST_AT_ONCE and time.monotonic() < deadline:
            threading.Event().wait(0.01)
        began = time.monotonic()
        assert browsers[0].get(backs[0]).status_code == 503
        assert house.signin.start(bea.name, bea.password, from_network()).session.methods == ("pwd",)
        assert time.monotonic() - began < 2.0
        assert {one.result().status_code for one in waiting} == {303}
