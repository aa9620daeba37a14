"""Does a person come through the pages as she should, from the link to signing out?"""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote

import pytest

from ostiary.domain.directory.model import PersonStatus
from ostiary.protocols.http.return_to import find_return_to, sign_in_path
from ostiary.protocols.web import errors
from ostiary.protocols.web.routes import ROUTES
from people_house import PASSWORD, House, code_for
from web_browser import Browser, make_app, sign_in

_AUTHORIZE = "/oauth2/authorize?response_type=code&client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb&state=x"


def _key_on(page: str) -> bytes:
    found = re.search(r'<code class="key">([A-Z2-7]+)</code>', page)
    assert found, page
    return base64.b32decode(found[1])


def test_a_person_goes_from_her_link_to_the_portal(house: House, browser: Browser) -> None:
    link = f"/enroll/{house.invite().token.reveal()}"
    assert "Create a passkey" in browser.get(link).text
    assert "Choose a password" in browser.get(f"{link}?with=password").text
    assert browser.get(link).status_code == 200
    answer = browser.post(link, {"new_password": PASSWORD, "repeat_password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/enroll/authenticator")
    page = browser.get("/enroll/authenticator").text
    assert "<svg" in page
    done = browser.post("/enroll/authenticator", {"code": code_for(_key_on(page), house.clock.now())})
    assert "You are all set" in done.text
    assert "ReadOnly" in browser.get("/").text
    assert browser.get(link).status_code == 410


def test_a_password_that_is_refused_leaves_the_person_in_enrolment(house: House, browser: Browser) -> None:
    link = f"/enroll/{house.invite().token.reveal()}"
    browser.get(link)
    refused = browser.post(link, {"new_password": "password1", "repeat_password": "password1"})
    assert refused.status_code == 400
    assert "common password" in refused.text
    assert browser.action == "/enroll/password"
    differ = browser.post("/enroll/password", {"new_password": PASSWORD, "repeat_password": "x"})
    assert "The two passwords differ" in differ.text
    answer = browser.post("/enroll/password", {"new_password": PASSWORD, "repeat_password": PASSWORD})
    assert answer.headers["location"] == "/enroll/authenticator"


def test_signing_in_needs_both_factors_and_gives_the_portal(house: House, browser: Browser) -> None:
    answer = sign_in(browser, house.enrol())
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    page = browser.get("/").text
    for word in ("Ada Okonkwo", "Production", "ReadOnly", "platform"):
        assert word in page


@pytest.mark.parametrize("path", [route.path for route in ROUTES if route.method == "GET" and route.action])
def test_a_password_alone_opens_no_page(house: House, browser: Browser, path: str) -> None:
    house.enrol()
    browser.get("/signin")
    browser.post("/signin", {"username": "ada", "password": PASSWORD})
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/signin")


def test_credentials_of_an_assigned_role_are_shown_once_and_not_kept(house: House, browser: Browser) -> None:
    sign_in(browser, house.enrol())
    page = browser.get("/").text
    action = re.search(r'action="(/portal/credentials/[^"]+)"', page)
    assert action
    answer = browser.post(action[1])
    shown = re.search(r"<textarea id=\"json\".*?>\n(.*?)</textarea>", answer.text, re.DOTALL)
    assert shown
    credentials = json.loads(shown[1].replace("&#34;", '"'))
    assert credentials["AccessKeyId"].startswith("ASIA")
    assert answer.headers["cache-control"] == "no-store"
    event = house.events("GetRoleCredentials")[0]
    assert event.outcome == "success"
    assert credentials["SecretAccessKey"] not in str(event)


def test_a_role_that_is_not_hers_is_refused(house: House, browser: Browser) -> None:
    sign_in(browser, house.enrol())
    browser.get("/")
    for path in ("204817365091/Administrator", "000000000000/ReadOnly", "x/y"):
        assert browser.post(f"/portal/credentials/{path}").status_code == 403


def test_the_account_page_shows_what_is_kept(house: House, browser: Browser) -> None:
    sign_in(browser, house.enrol())
    page = browser.get("/account").text
    for word in ("ada@example.com", "platform", "1 authenticator app", "a password", "2 browsers"):
        assert word in page


def test_a_person_sees_her_sessions_and_ends_another(house: House, browser: Browser) -> None:
    ada = house.enrol()
    sign_in(browser, ada)
    other = Browser(make_app(house), address="198.51.100.7")
    sign_in(other, ada)
    page = browser.get("/account/sessions").text
    assert "198.51.100.7" in page
    assert "Firefox on Linux" in page
    with house.database.read() as tx:
        person = tx.directory.person_by_user_name("ada")
        assert person is not None
        (foreign,) = [s for s in tx.sessions.browser_sessions(person.person_id) if s.source_ip == "198.51.100.7"]
    answer = browser.post(f"/account/sessions/{foreign.session_id}/end")
    assert answer.headers["location"] == "/account/sessions?done=ended"
    assert other.get("/").headers["location"] == "/signin"
    assert browser.get("/").status_code == 200


def test_signing_out_everywhere_else_and_then_here(house: House, browser: Browser) -> None:
    ada = house.enrol()
    sign_in(browser, ada)
    other = Browser(make_app(house))
    sign_in(other, ada)
    browser.get("/account/sessions")
    browser.post("/account/sessions/end-others")
    assert other.get("/").status_code == 303
    browser.get("/")
    stolen = dict(browser.cookies)
    assert "You are signed out" in browser.post("/signout").text
    browser.cookies = stolen
    assert browser.get("/").headers["location"] == "/signin"


def test_an_authorization_request_goes_on_after_signing_in(house: House, browser: Browser) -> None:
    ada = house.enrol()
    browser.get(sign_in_path(_AUTHORIZE))
    answer = browser.post(browser.action, {"username": "ada", "password": PASSWORD})
    browser.get(answer.headers["location"])
    answer = browser.post(browser.action, {"code": ada.next_code()})
    assert answer.status_code == 200
    assert answer.headers["refresh"] == f"0; url={_AUTHORIZE}"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/oauth2/authorize?x=1",
        "/oauth2/authorize",
        "/oauth2/authorize?",
        "/oauth2/authorize?a=b\r\nSet-Cookie: x=y",
        "/oauth2/authorize?a=b\n",
        "/oauth2/authorize/../../evil?x",
        "/oauth2/token?x=1",
        "/account?x=/oauth2/authorize?x",
        "\\/evil.example",
        "javascript:alert(1)",
        '/oauth2/authorize?"><script>',
        "/oauth2/authorize?" + "x" * 9000,
    ],
)
def test_nothing_else_is_gone_on_to(house: House, browser: Browser, target: str) -> None:
    assert find_return_to(target) is None
    answer = browser.get(f"/signin?return_to={quote(target, safe='')}")
    assert answer.status_code == 200
    assert browser.action == "/signin"


def test_the_mailbox_is_there_in_development_only(house: House, browser: Browser) -> None:
    invitation = house.invite()
    mailbox = browser.get("/development/mailbox").text
    assert invitation.link.reveal() in mailbox
    (letter,) = set(re.findall(r'href="(/development/mailbox/[^"]+)"', mailbox))
    shown = browser.get(letter)
    assert invitation.link.reveal() in shown.text
    assert shown.headers["content-security-policy"].startswith("sandbox")
    assert browser.get("/development/mailbox/nothing").status_code == 303
    real = Browser(
        make_app(house, issuer="https://id.example.com", development=False), host="id.example.com", scheme="https"
    )
    assert real.get("/development/mailbox").status_code == 404
    assert real.get(letter).status_code == 404


def test_a_static_file_may_be_kept_under_the_address_that_has_its_content(browser: Browser) -> None:
    found = re.search(r'href="(/static/ostiary.css\?v=[0-9a-f]+)"', browser.get("/signin").text)
    assert found
    kept = browser.get(found[1])
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert kept.headers["content-type"].startswith("text/css")
    assert browser.get("/static/ostiary.css?v=old").headers["cache-control"] == "no-cache"
    for name in ("..%2fpages.py", "pages.py", "%2e%2e", "x"):
        assert browser.get(f"/static/{name}").status_code == 404


def test_every_row_for_a_full_session_names_its_action() -> None:
    for route in ROUTES:
        assert bool(route.action) == (route.level == "full"), route


def test_every_status_of_the_table_of_errors_can_be_written() -> None:
    assert set(errors.STATUSES.values()) <= {303, 400, 403, 404, 409, 410, 429, 503}


def test_a_disabled_person_is_out_at_her_next_click(house: House, browser: Browser) -> None:
    ada = house.enrol()
    sign_in(browser, ada)
    person = ada.signed_in().person
    house.database.write(lambda tx: tx.directory.set_person_status(person.person_id, PersonStatus.DISABLED))
    assert browser.get("/").headers["location"] == "/signin"
