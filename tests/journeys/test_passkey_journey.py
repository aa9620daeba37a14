"""Does a person with a passkey get in, through a real browser and its authenticator, without typing anything?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from parts.processes import free_port
from parts.server import OstiaryServer, prepare_server


@dataclass
class Device:
    """A browser of hers with an authenticator of its own (WebDriver section of WebAuthn Level 3)."""

    context: BrowserContext
    page: Page
    session: CDPSession
    authenticator: str

    def credentials(self) -> list[dict[str, Any]]:
        found = self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.authenticator})
        credentials: list[dict[str, Any]] = found["credentials"]
        return credentials

    def present(self, *, touched: bool) -> None:
        """Whether whoever sits there touches the authenticator when it asks."""
        state = {"authenticatorId": self.authenticator, "enabled": touched}
        self.session.send("WebAuthn.setAutomaticPresenceSimulation", state)

    def take(self, credential: dict[str, Any]) -> None:
        self.session.send("WebAuthn.addCredential", {"authenticatorId": self.authenticator, "credential": credential})


def device_of(browser: Browser) -> Device:
    context = browser.new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
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
    return Device(context, page, session, made["authenticatorId"])


@pytest.fixture
def device(browser: Browser) -> Iterator[Device]:
    made = device_of(browser)
    yield made
    made.context.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OstiaryServer]:
    """Browsers know passkeys at a host name only, and without TLS at `localhost` alone."""
    made = prepare_server(tmp_path / "data", options=("--workers", "1", "--development"))
    made.port = free_port()
    made.options = (*made.options, "--issuer", address_of(made))
    made.start()
    yield made
    made.close()


def address_of(server: OstiaryServer) -> str:
    return f"http://localhost:{server.port}"


def enrol(device: Device, server: OstiaryServer) -> None:
    page = device.page
    page.goto(address_of(server) + server.init["enrolment_path"])
    expect(page.get_by_role("heading", name="Welcome, Administrator")).to_be_visible()
    page.get_by_role("button", name="Create a passkey").click()
    expect(page.get_by_role("heading", name="You are all set")).to_be_visible()
    page.get_by_role("link", name="Go to the portal").click()
    expect(page.get_by_role("heading", name="Hello, Administrator")).to_be_visible()


def sign_out(device: Device) -> None:
    device.present(touched=False)
    device.page.get_by_role("button", name="Sign out").click()
    expect(device.page.get_by_role("heading", name="You are signed out")).to_be_visible()


def test_she_enrols_with_a_passkey_and_comes_back_without_typing(device: Device, server: OstiaryServer) -> None:
    page, messages = device.page, list[str]()
    page.on("console", lambda message: messages.append(message.text))
    enrol(device, server)
    assert len(device.credentials()) == 1
    assert device.credentials()[0]["isResidentCredential"]
    sign_out(device)

    # By the suggestion under the user name field, which this authenticator chooses as soon as it is asked.
    device.present(touched=True)
    page.goto(f"{address_of(server)}/signin")
    expect(page.get_by_role("heading", name="Hello, Administrator")).to_be_visible()
    sign_out(device)

    # By the button, in a browser that suggests nothing.
    page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
    page.goto(f"{address_of(server)}/signin")
    expect(page.get_by_label("User name")).to_have_attribute("autocomplete", "username webauthn")
    device.present(touched=True)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Hello, Administrator")).to_be_visible()
    assert messages == []


def test_she_adds_a_second_passkey_and_a_removed_one_is_refused(
    device: Device, browser: Browser, server: OstiaryServer
) -> None:
    enrol(device, server)
    page = device.page
    kept = device.credentials()[0]
    page.goto(f"{address_of(server)}/account/passkeys/new")
    # This device has one of hers already: it says so, and nothing is made.
    page.get_by_role("button", name="Create a passkey").click()
    expect(page.get_by_text("This device has a passkey of yours already")).to_be_visible()
    device.session.send("WebAuthn.clearCredentials", {"authenticatorId": device.authenticator})
    page.get_by_role("button", name="Create a passkey").click()
    expect(page.get_by_text("Your passkey is ready")).to_be_visible()

    page.get_by_role("link", name="Remove").first.click()
    page.locator("main form button[type=submit]").click()
    expect(page.get_by_text("It is removed")).to_be_visible()
    sign_out(device)
    device.session.send("WebAuthn.clearCredentials", {"authenticatorId": device.authenticator})
    device.take(kept)
    device.present(touched=True)
    page.goto(f"{address_of(server)}/signin")
    expect(page.get_by_role("heading", name="That passkey did not work")).to_be_visible()
    # The browser was told that nobody has it, and it goes.
    expect(page.locator("[data-passkey-signal]")).to_have_count(1)


def test_a_passkey_is_her_second_step_after_a_password(device: Device, server: OstiaryServer) -> None:
    enrol(device, server)
    page, password = device.page, "seven violet drums at noon"
    page.goto(f"{address_of(server)}/account/password")
    page.get_by_label("New password").fill(password)
    page.get_by_label("The same password again").fill(password)
    page.locator("main form button[type=submit]").click()
    expect(page.get_by_role("heading", name="Ways to sign in")).to_be_visible()
    sign_out(device)

    page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
    page.goto(f"{address_of(server)}/signin")
    page.get_by_label("User name").fill("administrator")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Continue").click()
    device.present(touched=True)
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_role("heading", name="Hello, Administrator")).to_be_visible()


def test_without_passkeys_in_the_browser_the_other_way_is_there(browser: Browser, server: OstiaryServer) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto(address_of(server) + server.init["enrolment_path"])
    expect(page.get_by_text("This browser has no passkeys")).to_be_visible()
    expect(page.get_by_role("button", name="Create a passkey")).to_be_hidden()
    page.get_by_role("link", name="Use a password").click()
    expect(page.get_by_role("heading", name="Choose a password")).to_be_visible()
    page.goto(f"{address_of(server)}/signin")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    expect(page.get_by_label("Password")).to_be_visible()
    context.close()


def test_who_cancels_is_told_and_tries_again(device: Device, server: OstiaryServer) -> None:
    device.session.send("WebAuthn.setUserVerified", {"authenticatorId": device.authenticator, "isUserVerified": False})
    page = device.page
    page.goto(address_of(server) + server.init["enrolment_path"])
    page.get_by_role("button", name="Create a passkey").click()
    expect(page.get_by_text("You can try again")).to_be_visible()
    device.session.send("WebAuthn.setUserVerified", {"authenticatorId": device.authenticator, "isUserVerified": True})
    page.get_by_role("button", name="Create a passkey").click()
    expect(page.get_by_role("heading", name="You are all set")).to_be_visible()
