"""What ends when something changes, in the same transaction? A rule for each kind, in one table.

Role sessions and access tokens cost no row: what they rest on gets an epoch, and nothing issued before it is accepted.
What is looked up at every request (policies, trust policies, expiry of a workload) needs no rule here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from ostiary.app.organization.kept import ProviderWithSecret, UserWithPolicies
from ostiary.app.organization.plan import Action, Change, Plan
from ostiary.domain.access.index import reserved_name
from ostiary.domain.access.model import SSO_PATH, Assignment, Role
from ostiary.domain.applications.builtin import BUILT_IN
from ostiary.domain.applications.model import Application
from ostiary.domain.credentials.voiding import void_mailed_links
from ostiary.domain.directory.model import AttributeDefinition, Person, PersonStatus, Workload
from ostiary.domain.directory.people import has_moved
from ostiary.domain.federation.model import IssuerTrust
from ostiary.domain.sessions.model import Epoch, EpochKind
from ostiary.domain.signin.leaving import end_everything_of
from ostiary.kit import arn
from ostiary.storage.transaction import Transaction

_FACTS_OF_PERSONS = ("groups", "attributes", "directory")
_FACTS_OF_WORKLOADS = ("account", "owner", "issuer", "subject", "status", "tags")
_PROOF_OF_UPSTREAM = (
    *("directory", "issuer", "client_id", "enabled", "max_age_minutes"),
    *("mfa_acr", "mfa_amr", "phishing_resistant_acr", "phishing_resistant_amr"),
)
_PAGE = 1000
Subject = tuple[EpochKind, str]


def end_what_rests_on(tx: Transaction, plan: Plan, now: datetime) -> list[str]:
    """Runs before the changes are written, while what is deleted can still be read; what ended, for the event."""
    ended: dict[Subject, None] = {}
    for change in plan.changes:
        if (rule := _RULES.get(change.kind)) is not None:
            ended.update(dict.fromkeys(rule(tx, change)))
    for kind, subject in ended:
        tx.sessions.add_epoch(Epoch(kind, subject, now))
    for person in _leaving(plan):
        end_everything_of(tx, person.person_id, now)
    for person in _readdressed(plan):
        void_mailed_links(tx.credentials, person.person_id)
    return [f"{kind.value} {subject}" for kind, subject in ended]


def _leaving(plan: Plan) -> Iterator[Person]:
    for change in plan.of("person", Action.CHANGE):
        after, before = change.after, change.before
        if isinstance(after, Person) and isinstance(before, Person) and _became(before, after, PersonStatus.DISABLED):
            yield after


def _readdressed(plan: Plan) -> Iterator[Person]:
    for change in plan.of("person", Action.CHANGE):
        after, before = change.after, change.before
        if isinstance(after, Person) and isinstance(before, Person) and has_moved(before.email, after.email):
            yield after


def _became(before: Person, after: Person, status: PersonStatus) -> bool:
    return after.status is status and before.status is not status


def _person(_tx: Transaction, change: Change) -> Iterator[Subject]:
    """The next session of somebody who was moved carries the new groups and attributes."""
    if isinstance(before := change.before, Person) and isinstance(after := change.after, Person):
        moved = any(getattr(before, fact) != getattr(after, fact) for fact in _FACTS_OF_PERSONS)
        if moved or _became(before, after, PersonStatus.DISABLED):
            yield EpochKind.PERSON, before.person_id


def _attribute(tx: Transaction, change: Change) -> Iterator[Subject]:
    """An attribute that begins or ends to carry access changes what everybody with a value may do."""
    before, after = change.before, change.after
    if not isinstance(before, AttributeDefinition):
        return
    if isinstance(after, AttributeDefinition) and (before.access, before.type) == (after.access, after.type):
        return
    if before.access or (isinstance(after, AttributeDefinition) and after.access):
        yield from (
            (EpochKind.PERSON, person.person_id) for person in _everybody(tx) if before.name in person.attributes
        )


def _everybody(tx: Transaction) -> Iterator[Person]:
    after = ""
    while page := tx.directory.people(after_user_name=after, limit=_PAGE):
        yield from page
        after = page[-1].user_name


def _workload(_tx: Transaction, change: Change) -> Iterator[Subject]:
    """Sessions of a workload hold its tags; its outside identity is what they were proved by."""
    before, after = change.before, change.after
    if isinstance(before, Workload) and any(
        not isinstance(after, Workload) or getattr(before, fact) != getattr(after, fact) for fact in _FACTS_OF_WORKLOADS
    ):
        yield EpochKind.WORKLOAD, before.name


def _role(_tx: Transaction, change: Change) -> Iterator[Subject]:
    """A role with another path is another role. A new trust policy decides about the next session only."""
    before, after = change.before, change.after
    if isinstance(before, Role) and (not isinstance(after, Role) or after.arn != before.arn):
        yield EpochKind.ROLE, before.arn


def _assignment(_tx: Transaction, change: Change) -> Iterator[Subject]:
    """Who holds the reserved role by this assignment is not told apart from others: all of them ask again."""
    before, after = change.before, change.after
    if isinstance(before, Assignment) and not (isinstance(after, Assignment) and _lasts(before, after)):
        name = reserved_name(before.permission_set, before.account)
        yield EpochKind.ROLE, arn.iam(before.account, "role", SSO_PATH + name)


def _lasts(before: Assignment, after: Assignment) -> bool:
    return after.until is None or (before.until is not None and after.until >= before.until)


def _application(_tx: Transaction, change: Change) -> Iterator[Subject]:
    before, after = change.before, change.after
    if before is None and isinstance(after, Application):
        before = BUILT_IN.get(after.client_id)  # what an entry takes the place of
    if not isinstance(before, Application):
        return
    if not isinstance(after, Application) or (before.enabled and not after.enabled) or _is_narrower(before, after):
        yield EpochKind.APPLICATION, before.client_id


def _is_narrower(before: Application, after: Application) -> bool:
    groups = set() if after.everyone else set(before.groups) - set(after.groups)
    lost = groups | (set(before.scopes) - set(after.scopes))
    proof = (before.kind, before.authentication, before.audience) != (after.kind, after.authentication, after.audience)
    closed = before.everyone and not after.everyone
    shorter = after.ends_with_session and not before.ends_with_session
    return bool(lost) or proof or closed or shorter


def _issuer_trust(_tx: Transaction, change: Change) -> Iterator[Subject]:
    """Other keys may mean that the old ones were stolen."""
    before, after = change.before, change.after
    if not isinstance(before, IssuerTrust):
        return
    if not isinstance(after, IssuerTrust) or not (
        set(before.audiences) <= set(after.audiences)
        and set(before.algorithms) <= set(after.algorithms)
        and (before.jwks, before.jwks_uri) == (after.jwks, after.jwks_uri)
    ):
        yield EpochKind.ISSUER_TRUST, before.arn


def _upstream_provider(tx: Transaction, change: Change) -> Iterator[Subject]:
    """Sessions do not say by which provider they began, so everybody who is linked to it signs in anew."""
    before, after = change.before, change.after
    if not isinstance(before, ProviderWithSecret):
        return
    old, new = before.provider, after.provider if isinstance(after, ProviderWithSecret) else None
    if new is None or any(getattr(old, fact) != getattr(new, fact) for fact in _PROOF_OF_UPSTREAM):
        yield from ((EpochKind.PERSON, one.person_id) for one in tx.federation.upstream_identities(old.name))


def _iam_user(tx: Transaction, change: Change) -> Iterator[Subject]:
    """The access keys go with their user, and so do the role sessions that were made with them."""
    if change.action is not Action.DELETE or not isinstance(change.before, UserWithPolicies):
        return
    user = change.before.user
    for key in tx.credentials.access_keys():
        if (key.account, key.user_name) == (user.account, user.name):
            yield EpochKind.ACCESS_KEY, key.access_key_id


_RULES: Mapping[str, Callable[[Transaction, Change], Iterable[Subject]]] = {
    "person": _person,
    "attribute": _attribute,
    "workload": _workload,
    "role": _role,
    "assignment": _assignment,
    "application": _application,
    "issuer_trust": _issuer_trust,
    "upstream_provider": _upstream_provider,
    "iam_user": _iam_user,
}
