"""Upstream providers in the organization's file: their client secrets are kept sealed and shown to nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from organization_house import START, Apply
from ostiary.app.house import House
from ostiary.app.organization.document import DocumentRefused
from ostiary.app.organization.execution import plan_only
from ostiary.app.organization.reading import read_document
from ostiary.domain.directory.model import Person, PersonStatus
from ostiary.domain.federation.upstream import UpstreamIdentity, secret_identity

SECRET = "kept-by-nobody-else-7c1"
FILE = """
[[upstream_provider]]
name = "lighthouse"
directory = "workforce"
issuer = "https://login.example.com"
client_id = "us"
label = "Lighthouse"
client_secret_file = "secret"
mfa_amr = ["mfa"]
"""
PERSON_ID = "019ce8b2-7c11-7f3a-9d55-1b2c3d4e5f60"


@pytest.fixture(autouse=True)
def secret_file(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    return tmp_path / "secret"


def kept_secret(house: House) -> str:
    with house.database.read() as tx:
        [provider] = tx.federation.upstream_providers()
    sealed = provider.sealed_secret
    assert SECRET.encode() not in sealed
    return house.remembered.keys.value.keyring.open(sealed, identity=secret_identity("lighthouse")).decode()


def link(house: House) -> None:
    ada = Person(PERSON_ID, "workforce", "ada", "Ada", "", PersonStatus.ACTIVE, START)
    house.database.write(lambda tx: tx.directory.put_person(ada))
    identity = UpstreamIdentity("lighthouse", "subject-1", PERSON_ID, START)
    house.database.write(lambda tx: tx.federation.add_upstream_identity(identity))


def links(house: House) -> int:
    with house.database.read() as tx:
        return len(tx.federation.upstream_identities("lighthouse"))


def test_a_provider_is_kept_with_its_secret_sealed_and_known_to_every_worker(house: House, apply_text: Apply) -> None:
    apply_text(FILE)
    assert kept_secret(house) == SECRET
    assert list(house.remembered.upstreams.value.providers) == ["lighthouse"]
    assert apply_text(FILE).plan.changes == ()
    assert apply_text(FILE.replace('client_secret_file = "secret"\n', "")).plan.changes == ()


def test_another_secret_is_a_change_of_which_nothing_is_shown(
    house: House, apply_text: Apply, secret_file: Path, tmp_path: Path
) -> None:
    apply_text(FILE)
    secret_file.write_text("another-one-19")
    document = read_document(FILE.encode(), file="org.toml", folder=tmp_path)
    plan = plan_only(house.database, document, clock=house.clock, keyring=house.remembered.keys.value.keyring)
    [change] = plan.changes
    assert [(one.name, one.before, one.after) for one in change.fields] == [
        ("client_secret", "[redacted]", "[redacted]")
    ]
    applied = apply_text(FILE)
    assert kept_secret(house) == "another-one-19"
    for told in (repr(applied), str(plan.as_json()), repr(plan)):
        assert SECRET not in told
        assert "another-one-19" not in told


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ('client_secret_file = "secret"\n', "", "needs `client_secret_file`"),
        ('"secret"', '"absent"', "cannot be read"),
        ('"workforce"', '"nowhere"', "there is no directory"),
        ("https://login", "http://login", "must be an https address"),
        ("mfa_amr", 'token_endpoint = "https://x.example.com/t"\nmfa_amr', "belong together"),
        ('"lighthouse"', '"../x"', "name"),
    ],
)
def test_what_cannot_be_is_refused(apply_text: Apply, before: str, after: str, problem: str) -> None:
    with pytest.raises(DocumentRefused, match=problem):
        apply_text(FILE.replace(before, after))


def test_one_client_is_not_for_two_directories(apply_text: Apply) -> None:
    other = FILE.replace('"lighthouse"', '"second"').replace('"workforce"', '"partners"')
    with pytest.raises(DocumentRefused, match="stands twice"):
        apply_text(FILE + other)


@pytest.mark.parametrize("change", [('mfa_amr = ["mfa"]', "mfa_amr = []"), ("", "enabled = false"), ('"us"', '"we"')])
def test_what_changes_the_proof_ends_the_sessions_of_who_is_linked(
    house: House, apply_text: Apply, change: tuple[str, str]
) -> None:
    apply_text(FILE)
    link(house)
    before, after = change
    changed = FILE.replace(before, after) if before else FILE + after
    assert apply_text(changed).ended == [f"person {PERSON_ID}"]
    assert links(house) == 1


def test_another_name_on_the_button_ends_nothing(house: House, apply_text: Apply) -> None:
    apply_text(FILE)
    link(house)
    assert apply_text(FILE.replace("Lighthouse", "The Lighthouse")).ended == []


@pytest.mark.parametrize("text", ["upstream_provider = []", FILE.replace("login.example.com", "login.example.org")])
def test_links_do_not_outlive_their_issuer(house: House, apply_text: Apply, text: str) -> None:
    apply_text(FILE)
    link(house)
    assert apply_text(text).ended == [f"person {PERSON_ID}"]
    assert links(house) == 0


def test_a_link_goes_with_its_person(house: House, apply_text: Apply) -> None:
    apply_text(FILE)
    link(house)
    house.database.write(lambda tx: tx.directory.delete_person(PERSON_ID))
    assert links(house) == 0
