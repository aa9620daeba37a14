"""Can an organization's file replace the built-in application of the command line, and name it in a policy?"""

from __future__ import annotations

import pytest

from organization_house import Apply
from ostiary.app.house import House
from ostiary.app.organization.document import DocumentRefused
from ostiary.domain.applications.builtin import COMMAND_LINE
from ostiary.domain.sessions.errors import SessionRevoked
from ostiary.domain.sessions.model import EpochKind

OWN = """
[[application]]
client_id = "ostiary-cli"
name = "Ostiary command line"
kind = "native"
authentication = "none"
owner = "operator"
redirect_uris = ["http://127.0.0.1/callback"]
scopes = ["openid", "profile", "email", "offline_access"]
device_flow = true
ends_with_session = true
"""


def _is_over(house: House) -> bool:
    subject = (EpochKind.APPLICATION.value, COMMAND_LINE.client_id)
    try:
        house.remembered.revocations.value.check_not_revoked([subject], issued_at=house.clock.now())
    except SessionRevoked:
        return True
    return False


def test_the_application_is_there_without_any_file(house: House) -> None:
    found = house.remembered.applications.value.registered("ostiary-cli")
    assert found is not None
    assert found.application == COMMAND_LINE


def test_a_file_that_speaks_of_applications_does_not_delete_it(house: House, apply_text: Apply) -> None:
    apply_text(OWN.replace("ostiary-cli", "tool") + "everyone = true\n")
    assert house.remembered.applications.value.registered("ostiary-cli") is not None


def test_an_entry_of_its_name_can_disable_it_and_ends_what_was_issued(house: House, apply_text: Apply) -> None:
    apply_text(OWN + "everyone = true\nenabled = false\n")
    assert house.remembered.applications.value.registered("ostiary-cli") is None
    assert _is_over(house)


def test_an_entry_of_its_name_can_keep_it_for_a_group(house: House, apply_text: Apply) -> None:
    apply_text(OWN + 'groups = ["engineers"]\n\n[[group]]\nname = "engineers"\nowner = "operator"\npurpose = "p"\n')
    found = house.remembered.applications.value.registered("ostiary-cli")
    assert found is not None
    assert (found.application.everyone, found.application.groups) == (False, ("engineers",))
    assert _is_over(house), "it was for everyone before"


def test_an_entry_that_only_repeats_it_ends_nothing(house: House, apply_text: Apply) -> None:
    apply_text(OWN + "everyone = true\n")
    assert not _is_over(house)


def test_a_sign_in_policy_may_be_for_it(apply_text: Apply) -> None:
    apply_text('[[sign_in_policy]]\napplication = "ostiary-cli"\nrequired = "phishing-resistant"\n')


@pytest.mark.parametrize(
    "text",
    [
        OWN + 'everyone = true\ngroups = ["administrators"]\n',
        OWN.replace("native", "machine").replace('"none"', '"client_secret_basic"').replace("redirect_uris", "claims"),
    ],
)
def test_a_registration_that_contradicts_itself_is_refused(apply_text: Apply, text: str) -> None:
    with pytest.raises(DocumentRefused):
        apply_text(text)
