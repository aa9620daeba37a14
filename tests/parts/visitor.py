"""How does a test use Ostiary as somebody with a browser, a phone and a mailbox does?"""

from __future__ import annotations

import base64
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from ostiary.kit.crypto.totp import STEP_SECONDS, code_at
from parts.processes import free_port
from parts.server import OstiaryServer, prepare_server

PASSWORD = "seven violet drums at noon"


class AuthenticatorApp:
    """The app on her phone. The server takes each code once, and those of the steps beside the present one, too."""

    def __init__(self, key: str) -> None:
        packed = key.replace(" ", "")
        self._secret = base64.b32decode(packed + "=" * (-len(packed) % 8))
        self._last_step = 0

    def code(self) -> str:
        """The earliest code that the server takes, and still takes when it is typed: so there are two more at once."""
        present, gone = divmod(time.time(), STEP_SECONDS)
        earliest = int(present) - (gone < STEP_SECONDS / 2)
        step = max(earliest, self._last_step + 1)
        while step > int(time.time()) // STEP_SECONDS + 1:
            time.sleep(1)
        self._last_step = step
        return code_at(self._secret, step)


@dataclass(frozen=True)
class Passkeys:
    """The authenticator of one page's browser (WebDriver section of WebAuthn Level 3)."""

    session: CDPSession
    authenticator: str

    def present(self, *, touched: bool) -> None:
        """Whether whoever sits there touches the authenticator when it asks."""
        state = {"authenticatorId": self.authenticator, "enabled": touched}
        self.session.send("WebAuthn.setAutomaticPresenceSimulation", state)

    def lose(self) -> None:
        self.session.send("WebAuthn.clearCredentials", {"authenticatorId": self.authenticator})


def passkeys_of(page: Page) -> Passkeys:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable", {"enableUI": False})
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return Passkeys(session, made["authenticatorId"])


@dataclass(frozen=True)
class Site:
    """A server as people reach it: by a host name, because browsers know passkeys at no address without one."""

    server: OstiaryServer

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server.port}"

    def invite(self, name: str, *options: str) -> str:
        """The enrolment link of somebody new who has a mail address."""
        mail = ("--email", f"{name}@example.com", "--display-name", name.capitalize())
        invited = self.server.run("person", "invite", name, *mail, "--json", *options).json()
        return f"{self.url}/enroll/{invited['enrolment_link'].rpartition('/')[2]}"

    def mailed_link(self, page: Page, path: str, *, to: str) -> str:
        """The link in the newest mail to this address that has one of this kind."""
        page.goto(f"{self.url}/development/mailbox")
        mail = page.locator("article").filter(has_text=to).filter(has=page.locator(f'a[href*="{path}/"]'))
        found = mail.first.locator(f'a[href*="{path}/"]').first.get_attribute("href")
        assert found is not None
        return found

    def age_sessions(self, seconds: int) -> None:
        """As if everybody had proved herself that much longer ago: no test can sit and wait."""
        with closing(sqlite3.connect(self.server.data_dir / "ostiary.db")) as database, database:
            database.execute(
                "UPDATE browser_session SET authenticated_at = authenticated_at - ?", (seconds * 1_000_000,)
            )


@contextmanager
def site_of(data_dir: Path, organization: str) -> Iterator[Site]:
    server = prepare_server(data_dir, options=("--workers", "1", "--development"))
    file = data_dir.with_name("organization.toml")
    file.write_text(organization)
    server.apply(file)
    server.port = free_port()
    server.options = (*server.options, "--issuer", f"http://localhost:{server.port}")
    server.start()
    try:
        yield Site(server)
    finally:
        server.close()


@contextmanager
def tab_of(browser: Browser, **options: Any) -> Iterator[Page]:
    """A browser of its own, that nobody else's cookies are in."""
    context: BrowserContext = browser.new_context(**options)
    context.set_default_timeout(15_000)
    try:
        yield context.new_page()
    finally:
        context.close()


def enrol_with_password(page: Page, link: str) -> AuthenticatorApp:
    page.goto(link)
    use = page.get_by_role("link", name="Use a password")
    if use.count():
        use.click()
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    app = AuthenticatorApp(page.locator("code.key").text_content() or "")
    page.get_by_label("Six-digit code").fill(app.code())
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", name="You are all set")).to_be_visible()
    return app


def enrol_with_passkey(page: Page, link: str) -> Passkeys:
    passkeys = passkeys_of(page)
    page.goto(link)
    page.get_by_role("button", name="Create a passkey").click()
    expect(page.get_by_role("heading", name="You are all set")).to_be_visible()
    passkeys.present(touched=False)
    return passkeys


def type_password(page: Page, site: Site, name: str, password: str = PASSWORD) -> None:
    page.goto(f"{site.url}/signin")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Continue").click()


def sign_in(page: Page, site: Site, name: str, app: AuthenticatorApp) -> None:
    type_password(page, site, name)
    page.get_by_label("Six-digit code").fill(app.code())
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name=f"Hello, {name.capitalize()}")).to_be_visible()
