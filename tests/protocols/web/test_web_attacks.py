"""Can another site, a forged header or a strange body do anything through the pages?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostiary.protocols.http.client import ProxyTrust
from ostiary.protocols.web.routes import ROUTES
from people_house import PASSWORD, Enrolled, House, open_house
from web_browser import Browser, make_app, sign_in

_OWN = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:8000"}


def test_unknown_and_known_people_get_the_same_page(house: House, browser: Browser) -> None:
    house.enrol()
    pages = []
    for name in ("ada", "nobody"):
        browser.get("/signin")
        answer = browser.post("/signin", {"username": name, "password": "wrong"})
        same = re.sub(r'data-options="[^"]*"', "", answer.text).replace(f'value="{name}"', 'value="NAME"')
        pages.append((answer.status_code, same, sorted(answer.headers)))
    assert pages[0] == pages[1]
    assert pages[0][0] == 400


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_guessing_is_slowed_down_with_a_page_that_says_for_how_long(house: House, browser: Browser, name: str) -> None:
    house.enrol()
    for _ in range(5):
        browser.get("/signin")
        browser.post("/signin", {"username": name, "password": "wrong"})
    browser.get("/signin")
    answer = browser.post("/signin", {"username": name, "password": PASSWORD})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert "1 second" in answer.text


def test_a_forged_address_does_not_help_guessing(house: House, browser: Browser) -> None:
    house.enrol()
    statuses = []
    for number in range(7):
        browser.get("/signin")
        forged = {"X-Forwarded-For": f"203.0.113.{number}", "Forwarded": f"for=203.0.113.{number}"}
        statuses.append(browser.post("/signin", {"username": "ada", "password": "x"}, **forged).status_code)
    assert statuses == [400] * 5 + [429] * 2


@pytest.mark.parametrize("route", [r for r in ROUTES if r.method == "POST"], ids=lambda route: route.path)
def test_no_form_works_from_another_site(house: House, browser: Browser, route: object) -> None:
    path = getattr(route, "path", "").replace("{", "").replace("}", "")
    sign_in(browser, house.enrol())
    browser.get("/")
    before = len(house.events())
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        assert browser.post(path, **headers).status_code == 403
    assert browser.raw_post(path, f"csrf={browser.csrf}".encode()).status_code == 403
    assert len(house.events()) == before


def test_a_form_without_its_token_does_nothing(house: House, browser: Browser) -> None:
    ada = house.enrol()
    sign_in(browser, ada)
    for body in (b"", b"csrf=", b"csrf=0000"):
        assert browser.raw_post("/signout", body, **_OWN).status_code == 403
    assert browser.get("/").status_code == 200


def test_nobody_is_signed_in_to_another_account_by_a_form_he_did_not_see(house: House) -> None:
    house.enrol()
    attacker = Browser(make_app(house))
    attacker.get("/signin")
    victim = Browser(make_app(house))
    stolen_form = f"username=ada&password={PASSWORD.replace(' ', '+')}&csrf={attacker.csrf}".encode()
    assert victim.raw_post("/signin", stolen_form, **_OWN).status_code == 403
    victim.get("/signin")
    assert victim.raw_post("/signin", stolen_form, **_OWN).status_code == 403
    assert "ostiary_session" not in victim.cookies


def test_a_session_planted_before_sign_in_is_worth_nothing_after(house: House, browser: Browser) -> None:
    ada = house.enrol()
    browser.get("/signin")
    browser.post("/signin", {"username": "ada", "password": PASSWORD})
    planted = browser.cookies["ostiary_session"]
    browser.get("/signin/code")
    browser.post("/signin/code", {"code": ada.next_code()})
    assert browser.cookies["ostiary_session"] != planted
    attacker = Browser(make_app(house), cookies={"ostiary_session": planted})
    for path in ("/", "/signin/code", "/enroll/password"):
        assert attacker.get(path).headers["location"] == "/signin"


def test_two_session_cookies_are_refused(house: House, browser: Browser) -> None:
    sign_in(browser, house.enrol())
    own = browser.cookies["ostiary_session"]
    answer = browser.get("/", Cookie=f"ostiary_session={own}; ostiary_session={'0' * 64}")
    assert answer.status_code == 400


def test_over_tls_the_cookie_is_bound_to_this_host(house: House) -> None:
    trust = ProxyTrust.of(["10.0.0.0/8"])
    app = make_app(house, issuer="https://id.example.com", trust=trust, development=False)
    browser = Browser(
        app,
        host="id.example.com",
        address="10.0.0.1",
        headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.9"},
    )
    browser.scheme = "https"
    answer = sign_in(browser, house.enrol())
    cookie = answer.headers["set-cookie"]
    assert re.fullmatch(r"__Host-ostiary_session=ostb_[0-9a-f]{70}; HttpOnly; Path=/; SameSite=Lax; Secure", cookie)
    assert house.events("SignIn")[0].source_ip == "192.0.2.9"
    assert browser.get("/", Cookie=f"ostiary_session={browser.cookies['__Host-ostiary_session']}").status_code == 303


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "a b", ""])
def test_a_foreign_host_gets_no_page(browser: Browser, host: str) -> None:
    assert browser.get("/signin", Host=host).status_code in {400, 421}


def test_no_page_may_be_framed_or_kept(house: House, browser: Browser) -> None:
    sign_in(browser, house.enrol())
    for path in ("/", "/account", "/account/sessions", "/signin", "/nothing"):
        headers = browser.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert re.findall("script-src[^;]*", headers["content-security-policy"]) == ["script-src 'self'"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"


def test_looking_at_a_link_with_any_safe_method_does_not_use_it_up(house: House, browser: Browser) -> None:
    link = f"/enroll/{house.invite().token.reveal()}"
    for method in ("GET", "HEAD", "OPTIONS"):
        browser._send(method, link, b"", {})
    assert browser.get(link).status_code == 200
    assert browser.get(link).headers["referrer-policy"] == "same-origin"


def test_a_name_with_markup_is_text(house: House, browser: Browser) -> None:
    browser.get("/signin")
    answer = browser.post("/signin", {"username": '"><script>alert(1)</script>', "password": "x"})
    assert "<script>" not in answer.text


def test_an_error_page_that_fails_still_answers(house: House, browser: Browser) -> None:
    house.database.close()
    house.database.engine.dispose()
    answer = browser.get("/nothing")
    assert answer.status_code == 404


@pytest.fixture(scope="module")
def signed_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Browser, Enrolled]]:
    """One for all random requests."""
    folder: Path = tmp_path_factory.mktemp("random")
    with open_house(folder) as house:
        ada = house.enrol()
        browser = Browser(make_app(house))
        sign_in(browser, ada)
        browser.get("/")
        yield browser, ada


_PATHS = st.sampled_from(sorted({re.sub(r"\{.*?\}", "x", route.path) for route in ROUTES} - {"/signout"}))
_NAMES = st.sampled_from(["username", "password", "code", "new_password", "repeat_password", "id", "return_to", "x"])
_TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=_PATHS, fields=st.dictionaries(_NAMES, _TEXT, max_size=4), query=st.binary(max_size=60))
def test_no_form_is_answered_with_500(
    signed_in: tuple[Browser, Enrolled], path: str, fields: dict[str, str], query: bytes
) -> None:
    browser, _ = signed_in
    cookies = dict(browser.cookies)
    target = f"{path}?return_to={query.decode('latin-1')}" if query and query.isascii() else path
    answer = browser.post(target, fields)
    assert answer.status_code < 500, answer.text
    browser.cookies, browser.page = cookies, f'name="csrf" value="{browser.csrf}"'


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=_PATHS,
    body=st.binary(max_size=200),
    kind=st.sampled_from(["application/x-www-form-urlencoded", "text/plain", "", "a/b;c=\u00e9"]),
)
def test_no_bytes_are_answered_with_500(signed_in: tuple[Browser, Enrolled], path: str, body: bytes, kind: str) -> None:
    browser, _ = signed_in
    cookies = dict(browser.cookies)
    answer = browser.raw_post(path, body, **_OWN, **{"Content-Type": kind})
    assert 300 <= answer.status_code < 500, answer.text
    browser.cookies = cookies


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cookie=st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=255), max_size=120), path=_PATHS)
def test_no_cookie_is_answered_with_500(signed_in: tuple[Browser, Enrolled], cookie: str, path: str) -> None:
    browser, _ = signed_in
    cookies = dict(browser.cookies)
    answer = browser.get(path, Cookie=f"ostiary_session={cookie}")
    assert answer.status_code < 500, answer.text
    browser.cookies = cookies
