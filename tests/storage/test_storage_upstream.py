"""Are upstream providers and the links to them kept as signing in needs them? On both engines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ostiary.domain.audit.errors import FactsConflict
from ostiary.domain.credentials.voiding import void_factors
from ostiary.domain.directory.model import Directory, Person, PersonStatus
from ostiary.domain.federation.upstream import UpstreamIdentity, UpstreamProvider
from ostiary.storage.engine import Database
from ostiary.storage.generations import Topic
from ostiary.storage.transaction import Transaction

NOW = datetime(2026, 3, 14, 9, tzinfo=UTC)
ANA = Person("p-ana", "workforce", "ana", "Ana", "ana@example.org", PersonStatus.ACTIVE, NOW)
PROVIDER = UpstreamProvider(
    name="lighthouse",
    directory="workforce",
    issuer="https://login.example.com",
    client_id="us",
    label="Lighthouse",
    mfa_amr=("mfa", "otp"),
    max_age_minutes=15,
    sealed_secret=b"\x00sealed",
)
LINK = UpstreamIdentity("lighthouse", "Subject-1", ANA.person_id, NOW)


def put_all(tx: Transaction) -> None:
    tx.directory.put_directory(Directory("workforce"))
    tx.directory.put_person(ANA)
    tx.federation.put_upstream_provider(PROVIDER)
    tx.federation.add_upstream_identity(LINK)


def test_a_provider_comes_back_as_it_was_and_every_worker_hears_of_it(database: Database) -> None:
    with database.read() as tx:
        before = tx.generations.current().get(Topic.FEDERATION, 0)
    database.write(put_all)
    with database.read() as tx:
        assert tx.federation.upstream_providers() == [PROVIDER]
        assert tx.generations.current()[Topic.FEDERATION] > before


def test_a_link_is_found_by_provider_and_subject_exactly(database: Database) -> None:
    database.write(put_all)
    with database.read() as tx:
        assert tx.federation.upstream_identity("lighthouse", "Subject-1") == ANA.person_id
        assert tx.federation.upstream_identity("lighthouse", "subject-1") is None
        assert tx.federation.upstream_identity("another", "Subject-1") is None
        assert tx.federation.upstream_identities("lighthouse", person_id=ANA.person_id) == [LINK]
        assert tx.federation.upstream_identities("lighthouse", person_id="p-ben") == []


def test_a_subject_is_linked_once(database: Database) -> None:
    database.write(put_all)
    with pytest.raises(FactsConflict):
        database.write(lambda tx: tx.federation.add_upstream_identity(LINK))


def test_links_go_with_their_provider_and_with_their_person(database: Database) -> None:
    database.write(put_all)
    database.write(lambda tx: tx.federation.delete_upstream_provider("lighthouse"))
    with database.read() as tx:
        assert tx.federation.upstream_providers() == []
        assert tx.federation.upstream_identities("lighthouse") == []
    database.write(put_all)
    database.write(lambda tx: tx.directory.delete_person(ANA.person_id))
    with database.read() as tx:
        assert tx.federation.upstream_identities("lighthouse") == []


def test_who_begins_anew_is_known_at_no_provider(database: Database) -> None:
    database.write(put_all)
    assert database.write(lambda tx: void_factors(tx.credentials, ANA.person_id)) == 1
    with database.read() as tx:
        assert tx.federation.upstream_identity("lighthouse", "Subject-1") is None
