"""Does somebody who lost everything come back in with the help of two others, and does a customer come and go?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from parts.visitor import Site, enrol_with_passkey, passkeys_of, site_of, tab_of

_ORGANIZATION = """
[organization]
name = "Example Corporation"

[[group]]
name = "service-desk"
owner = "operator"
purpose = "helps people back in"

[[directory]]
name = "consumers"

[[sign_in_policy]]
directory = "workforce"
recovery_approvers = ["service-desk"]

[[sign_in_policy]]
directory = "consumers"
required = "single-factor"
registration = "open"
terms_url = "https://shop.example.com/terms"
terms_version = "2026-11"
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site_of(tmp_path_factory.mktemp("lost") / "data", _ORGANIZATION) as made:
        yield made


def test_two_helpers_let_somebody_in_again_and_one_alone_does_not(browser: Browser, site: Site) -> None:
    with tab_of(browser) as ada, tab_of(browser) as ben, tab_of(browser) as cleo:
        lost = enrol_with_passkey(ada, site.invite("ada"))
        for helper, name in ((ben, "ben"), (cleo, "cleo")):
            enrol_with_passkey(helper, site.invite(name, "--group", "service-desk"))
        ada.goto(f"{site.url}/assist")
        expect(ada.get_by_role("heading", name="This is not open to you")).to_be_visible()
        lost.lose()

        ben.goto(site.url)
        ben.get_by_role("link", name="Help others").click()
        ben.get_by_label("Her user name").fill("ada")
        ben.get_by_label("Why, and how you know that it is her").fill("Her laptop was stolen; she came to the desk.")
        ben.get_by_role("button", name="Ask for agreement").click()
        expect(ben.get_by_text("Your own request: somebody else must agree.")).to_be_visible()
        expect(ben.get_by_role("button", name="Agree (ada)")).to_have_count(0)
        cleo.goto(f"{site.url}/assist")
        cleo.get_by_role("button", name="Agree (ada)").click()
        expect(cleo.get_by_role("heading", name="Agreed")).to_be_visible()

        ada.goto(f"{site.url}/account")
        expect(ada.get_by_role("heading", name="Sign in")).to_be_visible()
        lost.present(touched=True)
        ada.goto(site.mailed_link(ada, "/enroll", to="ada@example.com"))
        ada.get_by_role("button", name="Create a passkey").click()
        expect(ada.get_by_role("heading", name="You are all set")).to_be_visible()
        ada.goto(f"{site.url}/account/factors")
        expect(ada.get_by_role("link", name="Rename")).to_have_count(1)


def test_a_customer_comes_with_a_passkey_and_goes_again(browser: Browser, site: Site) -> None:
    with tab_of(browser) as page:
        passkeys = passkeys_of(page)
        page.goto(f"{site.url}/signin")
        page.get_by_role("link", name="Create an account").click()
        page.get_by_label("E-mail address").fill("mia@example.net")
        page.get_by_label("Your name").fill("Mia Sato")
        page.get_by_label("I accept the terms").check()
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
        page.goto(site.mailed_link(page, "/register/link", to="mia@example.net"))
        page.get_by_role("button", name="Create my account").click()
        page.get_by_role("button", name="Create a passkey").click()
        expect(page.get_by_role("heading", name="You are all set")).to_be_visible()
        page.get_by_role("link", name="Go to the portal").click()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
        page.goto(f"{site.url}/signin")  # the passkey is suggested, and she takes it
        expect(page.get_by_role("heading", name="Hello, Mia Sato")).to_be_visible()

        page.goto(f"{site.url}/account/data")
        with page.expect_download() as download:
            page.get_by_role("button", name="Download").click()
        assert "mia@example.net" in download.value.path().read_text()
        page.goto(f"{site.url}/account/delete")
        page.get_by_label("Type mia@example.net to confirm").fill("mia@example.net")
        page.get_by_role("button", name="Delete my account").click()
        expect(page.get_by_role("heading", name="Your account is deleted")).to_be_visible()
        passkeys.present(touched=True)
        page.goto(f"{site.url}/signin")
        expect(page.get_by_role("heading", name="That passkey did not work")).to_be_visible()
