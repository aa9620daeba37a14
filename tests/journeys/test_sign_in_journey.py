"""Does a person sign in by keyboard, on a phone, without script, in German? And nobody else in her name?"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from parts.visitor import (
    PASSWORD,
    AuthenticatorApp,
    Site,
    enrol_with_passkey,
    enrol_with_password,
    passkeys_of,
    sign_in,
    site_of,
    tab_of,
    type_password,
)

_ORGANIZATION = '[organization]\nname = "Example Corporation"\n'
_FOCUSED = """() => {
  const it = document.activeElement, style = getComputedStyle(it);
  return [it.id || it.textContent.trim(), style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2];
}"""
_TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site_of(tmp_path_factory.mktemp("sign-in") / "data", _ORGANIZATION) as made:
        yield made


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the element has the focus; each stop on the way must be seen."""
    stops = []
    for _ in range(40):
        page.keyboard.press("Tab")
        focused, is_seen = page.evaluate(_FOCUSED)
        assert is_seen, f"nobody sees that {focused} has the focus"
        stops.append(focused)
        if focused == name:
            return
    raise AssertionError(f"{name} is not reached by keyboard, but {stops}")


def test_a_keyboard_is_enough(browser: Browser, site: Site) -> None:
    with tab_of(browser) as page:
        app = enrol_with_password(page, site.invite("kim"))
        tab_to(page, "Go to the portal")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Hello, Kim")).to_be_visible()
        tab_to(page, "Sign out")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
        tab_to(page, "Sign in again")
        page.keyboard.press("Enter")
        expect(page.get_by_label("User name")).to_be_focused()
        page.keyboard.type("kim")
        tab_to(page, "password")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_label("Six-digit code")).to_be_focused()
        page.keyboard.type(app.code())
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Hello, Kim")).to_be_visible()
        tab_to(page, "Skip to content")
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()


def fits(page: Page) -> None:
    """It is German, and nothing has to be moved sideways; Playwright may look where pages may run nothing."""
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert page.evaluate(_TOO_WIDE) <= 0


def choose_password(page: Page, password: str, button: str) -> None:
    page.get_by_label("Neues Passwort").fill(password)
    page.get_by_label("Dasselbe Passwort noch einmal").fill(password)
    fits(page)
    page.get_by_role("button", name=button).click()


def set_up_app(page: Page) -> AuthenticatorApp:
    app = AuthenticatorApp(page.locator("code.key").text_content() or "")
    page.get_by_label("Sechsstelliger Code").fill(app.code())
    fits(page)
    page.get_by_role("button", name="Fertig").click()
    expect(page.get_by_role("heading", name="Alles ist eingerichtet")).to_be_visible()
    return app


def test_a_phone_without_script_that_speaks_german_is_enough_even_to_recover(browser: Browser, site: Site) -> None:
    phone = {"width": 360, "height": 720}
    with tab_of(browser, viewport=phone, has_touch=True, java_script_enabled=False, locale="de-DE") as page:
        page.goto(site.invite("gesa"))
        expect(page.get_by_role("heading", name="Willkommen, Gesa")).to_be_visible()
        page.get_by_role("link", name="Passwort verwenden").click()
        choose_password(page, PASSWORD, "Weiter")
        app = set_up_app(page)
        page.get_by_role("link", name="Wiederherstellungscodes holen").click()
        page.get_by_role("button", name="Codes erzeugen").click()
        paper = page.locator(".codes code").first.text_content() or ""
        fits(page)
        page.get_by_role("button", name="Abmelden").click()

        page.goto(f"{site.url}/signin")
        page.get_by_label("Benutzername").fill("gesa")
        page.get_by_label("Passwort").fill(PASSWORD)
        fits(page)
        page.get_by_role("button", name="Weiter").click()
        page.get_by_label("Sechsstelliger Code").fill(app.code())
        page.get_by_role("button", name="Anmelden", exact=True).click()
        expect(page.get_by_role("heading", name="Guten Tag, Gesa")).to_be_visible()
        for path in ("/account", "/account/factors", "/account/sessions", "/account/activity", "/account/applications"):
            page.goto(site.url + path)
            fits(page)
        page.get_by_role("button", name="Abmelden").click()

        # Her phone is stolen, and she forgot her password; the paper is where she put it.
        page.goto(f"{site.url}/signin")
        page.get_by_role("link", name="Probleme bei der Anmeldung?").click()
        page.get_by_label("Benutzername oder E-Mail-Adresse").fill("gesa@example.com")
        page.get_by_role("button", name="Link per E-Mail senden").click()
        page.goto(site.mailed_link(page, "/recover", to="gesa@example.com"))
        page.get_by_role("button", name="Weiter").click()
        page.get_by_text("Wiederherstellungscode verwenden").click()
        page.get_by_label("Wiederherstellungscode").fill(paper.lower())
        fits(page)
        page.get_by_role("button", name="Diesen Code verwenden").click()
        page.get_by_role("link", name="Passwort verwenden").click()
        choose_password(page, "nine pale foxes argue", "Weiter")
        set_up_app(page)
        page.goto(f"{site.url}/account/factors")
        expect(page.get_by_role("heading", name="Anmeldewege")).to_be_visible()


def test_what_matters_asks_for_a_fresh_proof(browser: Browser, site: Site) -> None:
    with tab_of(browser) as page:
        passkeys = enrol_with_passkey(page, site.invite("fay"))
        site.age_sessions(3600)
        page.goto(f"{site.url}/account/factors")
        expect(page.get_by_role("heading", name="Ways to sign in")).to_be_visible()
        page.get_by_role("link", name="Add a password").click()
        expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
        passkeys.present(touched=True)
        page.get_by_role("button", name=re.compile("passkey")).click()
        expect(page).to_have_url(f"{site.url}/account/password")
        page.get_by_label("New password").fill(PASSWORD)
        page.get_by_label("The same password again").fill(PASSWORD)
        page.locator("main form button[type=submit]").click()
        expect(page.get_by_role("heading", name="Ways to sign in")).to_be_visible()
        page.goto(f"{site.url}/development/mailbox")
        told = page.locator("article").filter(has_text="To fay@example.com")
        expect(told.filter(has_text="password").first).to_be_visible()


def test_whoever_is_told_of_a_sign_in_that_was_not_hers_ends_it(browser: Browser, site: Site) -> None:
    with tab_of(browser) as hers, tab_of(browser) as theirs:
        app = enrol_with_password(hers, site.invite("nora"))
        sign_in(theirs, site, "nora", app)
        hers.goto(site.mailed_link(hers, "/not-me", to="nora@example.com"))
        expect(hers.get_by_role("heading", name="This was not you?")).to_be_visible()
        theirs.goto(f"{site.url}/account")  # looking at the page changed nothing
        expect(theirs.get_by_role("heading", name="Your account")).to_be_visible()
        hers.get_by_role("button", name="lock everybody out").click()
        expect(hers.get_by_role("heading", name="Everybody is locked out")).to_be_visible()
        for page in (theirs, hers):
            page.goto(f"{site.url}/account")
            expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        hers.goto(site.mailed_link(hers, "/recover", to="nora@example.com"))
        expect(hers.get_by_role("heading", name="Come back in")).to_be_visible()


def test_guessing_is_slowed_down_for_strangers_and_not_for_her(browser: Browser, site: Site) -> None:
    with tab_of(browser) as hers, tab_of(browser) as theirs:
        app = enrol_with_password(hers, site.invite("thea"))
        for _ in range(30):
            type_password(theirs, site, "thea", "a guess of a stranger")
            if theirs.get_by_role("heading", name="Please wait a moment").is_visible():
                break
        expect(theirs.get_by_text(re.compile(r"Try again in \d+ (second|minute)s?\."))).to_be_visible()
        hers.context.clear_cookies(name="ostiary_session")
        sign_in(hers, site, "thea", app)


def test_a_passkey_on_the_phone_needs_no_typing(browser: Browser, site: Site) -> None:
    link = site.invite("pia")
    with tab_of(browser, viewport={"width": 360, "height": 720}, has_touch=True, is_mobile=True) as page:
        passkeys = passkeys_of(page)
        page.goto(link)
        page.get_by_role("button", name="Create a passkey").tap()
        expect(page.get_by_role("heading", name="You are all set")).to_be_visible()
        for path in ("/", "/account", "/account/factors", "/account/sessions", "/account/activity", "/account/data"):
            page.goto(site.url + path)
            assert page.evaluate(_TOO_WIDE) <= 0
        passkeys.present(touched=False)
        page.get_by_role("button", name="Sign out").tap()
        expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
        page.goto(f"{site.url}/signin")
        assert page.evaluate(_TOO_WIDE) <= 0
        passkeys.present(touched=True)
        page.reload()
        expect(page.get_by_role("heading", name="Hello, Pia")).to_be_visible()
