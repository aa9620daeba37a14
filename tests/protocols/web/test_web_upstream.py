"""People of a directory sign in at an upstream OpenID Connect provider, and prove here what it did not prove."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from mail_room import mails_in
from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.directory.model import Directory, PersonKind, PersonStatus
from ostiary.domain.mail.model import MailKind
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin_policy.model import Factor, ScopeKind, SignInPolicy
from ostiary.kit.crypto.secret_hash import hash_secret
from parts.upstream_provider import UpstreamProvider
from people_house import House, from_network
from upstream_house import LABEL, change, come_in, disable, leave, links, person, trust
from web_browser import Browser, make_app


@pytest.fixture
def provider(house: House) -> Iterator[UpstreamProvider]:
    made = UpstreamProvider(house.clock.now)
    trust(house, made)
    yield made
    made.close()


def methods(house: House, browser: Browser) -> tuple[str, ...]:
    """What the browser's session says was proved."""
    with house.database.read() as tx:
        session = tx.sessions.browser_session_by_hash(hash_secret(browser.cookies["ostiary_session"]))
    assert session is not None
    return session.methods


def test_the_button_of_an_enabled_provider_stands_on_the_sign_in_page(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    assert f"Sign in with {LABEL}" in browser.get("/signin").text
    trust(house, provider, enabled=False)
    assert LABEL not in browser.get("/signin").text
    browser.get("/signin")
    assert browser.post("/signin/with/example").status_code == 404


def test_an_invited_person_with_evidence_of_two_factors_is_in(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    house.invite()
    answer = come_in(browser, provider, amr=["pwd", "mfa"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert person(house).status is PersonStatus.ACTIVE
    assert methods(house, browser) == ("fed", "mfa")
    assert browser.get("/").status_code == 200
    [linked] = house.events("LinkUpstreamIdentity")
    assert linked.details == {"provider": "example", "subject": "ada"}
    [mail] = mails_in(house.database, house.keys, MailKind.FACTOR_ADDED)
    assert mail.recipient.address == "ada@example.com"


def test_the_link_of_an_invitation_opens_nothing_after_she_came(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    token = house.invite().token.reveal()
    come_in(browser, provider, amr=["mfa"])
    with pytest.raises(Exception, match="link"):
        house.enrolment.redeem(token, from_network())


def test_without_evidence_of_two_factors_the_second_one_is_asked_for_here(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    """BP01-15: an assertion without evidence leads to a local challenge."""
    ada = house.enrol()
    answer = come_in(browser, provider, amr=["pwd"], acr="1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin/code")
    assert methods(house, browser) == ("fed",)
    assert browser.get("/").status_code == 303
    browser.get("/signin/code")
    done = browser.post("/signin/code", {"code": ada.next_code()})
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert methods(house, browser) == ("fed", "otp", "mfa")


def test_without_evidence_and_without_a_factor_she_enrols_one(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    house.invite()
    answer = come_in(browser, provider)
    assert (answer.status_code, answer.headers["location"]) == (303, "/enroll")
    assert browser.get("/enroll").status_code == 200


@pytest.mark.parametrize("amr", ["mfa", {"mfa": True}, [["mfa"]], ["mfa", 1], ["MFA"], None])
def test_evidence_that_is_not_plainly_one_of_the_listed_texts_is_none(
    house: House, browser: Browser, provider: UpstreamProvider, amr: object
) -> None:
    house.enrol()
    assert come_in(browser, provider, amr=amr, acr=["phr"]).headers["location"] == "/signin/code"


def test_the_listed_context_class_counts_and_is_asked_for(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    trust(house, provider, mfa_acr=("https://refeds.org/profile/mfa",), mfa_amr=())
    house.invite()
    assert "acr_values=https%3A%2F%2Frefeds.org%2Fprofile%2Fmfa" in leave(browser)
    assert come_in(browser, provider, acr="https://refeds.org/profile/mfa").headers["location"] == "/"


def test_where_phishing_resistance_is_required_only_what_is_listed_for_it_counts(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    required = AssuranceLevel.PHISHING_RESISTANT
    house.put_policy(SignInPolicy(ScopeKind.DIRECTORY, "workforce", required=required))
    house.invite()
    assert come_in(browser, provider, amr=["mfa", "hwk"]).headers["location"] == "/enroll"
    trust(house, provider, phishing_resistant_acr=("phr",))
    assert come_in(browser, provider, amr=["mfa"], acr="phr").headers["location"] == "/"
    assert methods(house, browser) == ("fed", "phr", "mfa")


def test_rules_that_list_factors_without_upstream_refuse_it(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    house.put_policy(SignInPolicy(ScopeKind.GROUP, "platform", factors=(Factor.PASSKEY, Factor.PASSWORD, Factor.TOTP)))
    house.invite()
    assert come_in(browser, provider, amr=["mfa"]).status_code == 400
    assert person(house).status is PersonStatus.INVITED
    assert links(house) == []


def test_who_was_linked_is_known_by_her_subject_whatever_her_mail_address_is(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    house.invite()
    come_in(browser, provider, amr=["mfa"])
    change(house, email="other@example.com")
    answer = come_in(browser, provider, amr=["mfa"], email="third@example.com", email_verified=False)
    assert answer.headers["location"] == "/"
    assert len(house.events("LinkUpstreamIdentity")) == 1


def test_she_comes_to_where_she_wanted_to_go(house: House, browser: Browser, provider: UpstreamProvider) -> None:
    house.invite()
    url = leave(browser, return_to="?return_to=%2Faccount%2Ffactors")
    answer = browser.get(provider.authorize(url, "ada", amr=["mfa"]))
    assert answer.headers["refresh"] == "0; url=/account/factors"


def test_how_long_ago_she_proved_herself_there_is_checked(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    trust(house, provider, max_age_minutes=15)
    house.invite()
    assert "max_age=900" in leave(browser)
    at = int(house.clock.now().timestamp())
    assert come_in(browser, provider, amr=["mfa"]).status_code == 400
    assert come_in(browser, provider, amr=["mfa"], auth_time=at - 3600).status_code == 400
    assert come_in(browser, provider, amr=["mfa"], auth_time=at - 60).status_code == 303


def test_a_disabled_person_is_refused(house: House, browser: Browser, provider: UpstreamProvider) -> None:
    house.invite()
    come_in(browser, provider, amr=["mfa"])
    disable(house)
    again = Browser(make_app(house))
    answer = come_in(again, provider, amr=["mfa"])
    assert answer.status_code == 400
    assert again.get("/").status_code == 303


@pytest.mark.parametrize("kind", [PersonKind.FIRST_ADMINISTRATOR, PersonKind.BREAK_GLASS])
def test_a_guarded_account_never_depends_on_a_provider(
    house: House, browser: Browser, provider: UpstreamProvider, kind: PersonKind
) -> None:
    house.enrol()
    change(house, kind=kind)
    assert come_in(browser, provider, amr=["mfa"]).status_code == 400
    assert links(house) == []


def test_every_refusal_of_a_person_has_the_same_words(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    house.enrol()
    pages = {come_in(browser, provider, "nobody").text}
    pages.add(come_in(browser, provider, email_verified=False).text)
    change(house, kind=PersonKind.BREAK_GLASS)
    pages.add(come_in(browser, provider).text)
    house.database.write(lambda tx: tx.directory.put_directory(Directory("partners")))
    change(house, kind=PersonKind.ORDINARY, directory="partners")
    pages.add(come_in(browser, provider).text)
    disable(house)
    pages.add(come_in(browser, provider).text)
    assert len(pages) == 1
    assert {event.outcome.value for event in house.events("SignIn") if event.error_code} == {"failed"}


def test_what_the_provider_says_no_to_is_told_calmly(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    answer = browser.get(provider.refuse(leave(browser), "access_denied"))
    assert answer.status_code == 400
    assert "access_denied" not in answer.text
    assert "Back to sign in" in answer.text
    assert provider.asked.count("/token") == 0


def test_the_session_belongs_to_a_browser_from_its_first_moment(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    house.invite()
    come_in(browser, provider, amr=["mfa"])
    assert "ostiary_device" in browser.cookies


def test_a_partial_session_leads_on_in_this_browser_only(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    ada = house.enrol()
    come_in(browser, provider)
    thief = Browser(make_app(house), cookies={"ostiary_session": browser.cookies["ostiary_session"]})
    assert thief.get("/signin/code").status_code == 303
    house.clock.advance(timedelta(seconds=1))
    browser.get("/signin/code")
    assert browser.post("/signin/code", {"code": ada.next_code()}).status_code == 303
    assert house.events("SignIn")[0].details["level"] == SessionLevel.FULL.value


def test_coming_in_by_a_provider_is_a_fresh_proof_for_a_few_minutes_and_no_longer(
    house: House, browser: Browser, provider: UpstreamProvider
) -> None:
    house.invite()
    come_in(browser, provider, amr=["mfa"])
    assert browser.get("/account/password").status_code == 200
    house.clock.advance(timedelta(minutes=5))
    stale = browser.get("/account/password")
    assert stale.headers["location"].startswith("/signin/confirm")
    page = browser.get(stale.headers["location"])
    assert page.status_code == 200
    assert come_in(browser, provider, amr=["mfa"]).status_code == 303
    assert browser.get("/account/password").status_code == 200
