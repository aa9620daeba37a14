"""Are requests for help, acceptances of terms and one-time links kept as recovery needs them? On both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ostiary.domain.credentials.model import LinkPurpose, OneTimeLink, Password
from ostiary.domain.directory.model import Directory, Group, Person, PersonStatus, TermsAcceptance
from ostiary.domain.recovery.model import RecoveryRequest, RequestOutcome
from ostiary.storage.engine import Database
from ostiary.storage.transaction import Transaction

NOW = datetime(2026, 3, 14, 9, tzinfo=UTC)
DAY = timedelta(days=1)
ANA = Person("p-ana", "workforce", "ana", "Ana", "Ana@Example.org", PersonStatus.ACTIVE, NOW, groups=("support",))
BEN = replace(ANA, person_id="p-ben", user_name="ben", email="ben@example.org", groups=())
REQUEST = RecoveryRequest("r-1", ANA.person_id, "lost all", BEN.arn, NOW, NOW + DAY)


def put_people(tx: Transaction) -> None:
    tx.directory.put_directory(Directory("workforce"))
    tx.directory.put_group(Group("support", "ana", "helps"))
    tx.directory.put_person(ANA)
    tx.directory.put_person(BEN)


def test_people_are_found_by_address_in_any_case_of_latin_letters(database: Database) -> None:
    database.write(put_people)
    with database.read() as tx:
        assert tx.directory.person_by_email("ANA@example.ORG") == ANA
        assert tx.directory.person_by_email("") is None
        assert tx.directory.person_by_email("an\u0430@example.org") is None  # a Cyrillic a
        assert tx.directory.has_email("ben@EXAMPLE.org")
    database.write(lambda tx: tx.directory.put_person(replace(BEN, email="ana@example.org")))
    with database.read() as tx:
        assert tx.directory.person_by_email("ana@example.org") is None
        assert tx.directory.has_email("ana@example.org")


def test_members_of_a_group_are_found_with_all_that_they_are(database: Database) -> None:
    database.write(put_people)
    with database.read() as tx:
        assert tx.directory.members("support", limit=5) == [ANA]
        assert tx.directory.members("nobody", limit=5) == []


def test_a_request_is_decided_once_and_while_it_lives(database: Database) -> None:
    database.write(put_people)
    database.write(lambda tx: tx.recovery.add_request(REQUEST))

    def decide(tx: Transaction) -> bool:
        return tx.recovery.decide_request(
            "r-1", RequestOutcome.APPROVED, was=RequestOutcome.OPEN, decided_by="x", now=NOW
        )

    def too_late(tx: Transaction) -> bool:
        return tx.recovery.decide_request(
            "r-1", RequestOutcome.APPROVED, was=RequestOutcome.OPEN, decided_by="x", now=NOW + DAY
        )

    assert not database.write(too_late)
    assert database.write(decide)
    assert not database.write(decide)
    with database.read() as tx:
        assert tx.recovery.request("r-1") == replace(
            REQUEST, outcome=RequestOutcome.APPROVED, decided_by="x", decided_at=NOW
        )
        assert len(tx.recovery.living_requests(NOW)) == len(tx.recovery.requests_for(ANA.person_id)) == 1
        assert tx.recovery.living_requests(NOW + DAY) == []
    assert database.write(lambda tx: tx.recovery.delete_requests(expired_before=NOW + 2 * DAY)) == 1


def test_links_are_counted_used_or_not(database: Database) -> None:
    link = OneTimeLink(b"1" * 32, LinkPurpose.RECOVERY, ANA.person_id, NOW, NOW + DAY, {"a": "b"})
    database.write(lambda tx: tx.credentials.add_one_time_link(link))
    assert database.write(lambda tx: tx.credentials.use_one_time_link(link.token_hash, NOW))
    with database.read() as tx:
        count = tx.credentials.one_time_links_since
        assert count(ANA.person_id, LinkPurpose.RECOVERY, NOW) == 1
        assert count(ANA.person_id, LinkPurpose.RECOVERY, NOW + timedelta(seconds=1)) == 0
        assert count(ANA.person_id, LinkPurpose.NOT_ME, NOW) == 0


def test_a_deleted_person_leaves_no_rows(database: Database) -> None:
    def fill(tx: Transaction) -> None:
        put_people(tx)
        tx.credentials.put_password(Password(ANA.person_id, "hash", NOW))
        tx.credentials.add_one_time_link(OneTimeLink(b"2" * 32, LinkPurpose.NOT_ME, ANA.person_id, NOW, NOW + DAY))
        tx.recovery.add_request(REQUEST)
        tx.directory.put_terms_acceptance(TermsAcceptance(ANA.person_id, "1", NOW))
        tx.directory.put_terms_acceptance(TermsAcceptance(ANA.person_id, "1", NOW + DAY))

    database.write(fill)
    with database.read() as tx:
        assert [one.accepted_at for one in tx.directory.terms_acceptances(ANA.person_id)] == [NOW + DAY]
    database.write(lambda tx: tx.directory.delete_person(ANA.person_id))
    with database.read() as tx:
        assert tx.directory.person(ANA.person_id) is None
        assert tx.credentials.password(ANA.person_id) is None
        assert tx.credentials.one_time_link(b"2" * 32) is None
        assert tx.recovery.request("r-1") is None
        assert tx.directory.terms_acceptances(ANA.person_id) == []
        assert tx.directory.person(BEN.person_id) == BEN
