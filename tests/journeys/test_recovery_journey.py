"""Does a customer make an account, come back in without her password, and leave, on a phone and without any script?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from parts.server import OstiaryServer, StartServer

_SHOP = """
[organization]
name = "Example Shop"

[[directory]]
name = "consumers"

[[sign_in_policy]]
directory = "consumers"
required = "single-factor"
registration = "open"
terms_url = "https://shop.example.com/terms"
terms_version = "2026-11"
"""
_FIRST, _SECOND = "seven quiet herons wade", "nine pale foxes argue"
_MIA = "mia@example.net"


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 780}, java_script_enabled=False)
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def shop(start_server: StartServer, tmp_path: Path) -> OstiaryServer:
    file = tmp_path / "shop.toml"
    file.write_text(_SHOP)
    return start_server(organization=file, development=True)


def follow_mail(page: Page, shop: OstiaryServer, path: str) -> None:
    """Open the newest mailed link of this kind, in the browser in which she asked."""
    page.goto(f"{shop.base_url}/development/mailbox")
    link = page.locator(f'a[href*="{path}/"]').first.get_attribute("href")
    assert link is not None
    page.goto(shop.base_url + path + "/" + link.rpartition("/")[2])


def choose(page: Page, password: str, button: str) -> None:
    page.get_by_label("New password").fill(password)
    page.get_by_label("The same password again").fill(password)
    page.get_by_role("button", name=button).click()


def test_a_customer_registers_recovers_and_leaves_without_any_script(phone: Page, shop: OstiaryServer) -> None:
    phone.goto(f"{shop.base_url}/signin")
    phone.get_by_role("link", name="Create an account").click()
    phone.get_by_label("E-mail address").fill(" Mia@Example.net")
    phone.get_by_label("Your name").fill("Mia Sato")
    phone.get_by_label("I accept the terms").check()
    phone.get_by_role("button", name="Continue").click()
    expect(phone.get_by_role("heading", name="Look into your mail")).to_be_visible()

    follow_mail(phone, shop, "/register/link")
    phone.get_by_role("button", name="Create my account").click()
    if phone.get_by_role("link", name=re.compile("password")).count():
        phone.get_by_role("link", name=re.compile("password")).first.click()
    choose(phone, _FIRST, "Continue")
    phone.goto(f"{shop.base_url}/account")
    expect(phone.get_by_role("heading", name="Your account")).to_be_visible()
    phone.get_by_role("button", name="Sign out").first.click()

    phone.goto(f"{shop.base_url}/signin")
    phone.get_by_role("link", name="Trouble signing in?").click()
    phone.get_by_label("User name or e-mail address").fill(_MIA)
    phone.get_by_role("button", name="Mail me a link").click()
    expect(phone.get_by_role("heading", name="Look into your mail")).to_be_visible()
    follow_mail(phone, shop, "/recover")
    phone.get_by_role("button", name="Go on").click()
    expect(phone.get_by_role("heading", name="Choose a new password")).to_be_visible()
    choose(phone, _SECOND, "Save and sign out everywhere")
    expect(phone.get_by_role("heading", name="Your new password works")).to_be_visible()

    for password, gets_in in ((_FIRST, False), (_SECOND, True)):
        phone.goto(f"{shop.base_url}/signin")
        phone.get_by_label("User name").fill(_MIA)
        phone.get_by_label("Password").fill(password)
        phone.get_by_role("button", name="Continue").click()
        expect(phone.get_by_role("heading", name="Hello, Mia Sato")).to_be_visible(visible=gets_in)

    phone.goto(f"{shop.base_url}/account/delete")
    phone.get_by_label(f"Type {_MIA} to confirm").fill(_MIA)
    phone.get_by_role("button", name="Delete my account").click()
    expect(phone.get_by_role("heading", name="Your account is deleted")).to_be_visible()
    phone.goto(f"{shop.base_url}/account")
    expect(phone.get_by_role("heading", name="Sign in")).to_be_visible()
