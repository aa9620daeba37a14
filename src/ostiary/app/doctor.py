"""What would fail in an emergency, and can be seen today? Each check looks at one thing and says what to do.

Nothing is changed. A check that cannot be made is a failure, never silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from ostiary.app.house import House
from ostiary.app.initialization import ADMINISTRATORS
from ostiary.app.mail import read_mail_settings
from ostiary.app.settings import read_stored
from ostiary.domain.directory.model import Directory, Person, PersonKind, PersonStatus
from ostiary.domain.mail.outbox import Mailing
from ostiary.domain.signin.break_glass import BreakGlass
from ostiary.domain.signin_policy.combining import combine
from ostiary.domain.signin_policy.index import SignInPolicyIndex
from ostiary.domain.signin_policy.model import ScopeKind
from ostiary.kit.clock import iso

_SEAL_GOOD_FOR = timedelta(days=400)
_MOST = 100


class Health(StrEnum):
    GOOD = "good"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    check: str
    health: Health
    text: str


Check = Callable[[House, BreakGlass], Iterator[Diagnosis]]


def examine(house: House, break_glass: BreakGlass) -> list[Diagnosis]:
    """Every check, in the order in which an operator would look."""
    found: list[Diagnosis] = []
    for check in (_check_trail, _check_mail, _check_policies, _check_administrators, _check_seals):
        try:
            found.extend(check(house, break_glass))
        except Exception as failure:  # noqa: BLE001 - a check that breaks is what the doctor is there to say
            name = check.__name__.removeprefix("_check_")
            found.append(Diagnosis(name, Health.FAILURE, f"could not be checked: {type(failure).__name__}: {failure}"))
    return found


def _check_trail(house: House, _seals: BreakGlass) -> Iterator[Diagnosis]:
    """The database opened and its keys, too, or there would be no house."""
    with house.database.read() as tx:
        latest = tx.audit.latest_checkpoint()
    if latest is None:
        yield Diagnosis("trail", Health.WARNING, "no checkpoint yet: it is sealed while `ostiary serve` runs")
    elif house.directory.read_checkpoint() not in {"", latest.note}:
        published = "the checkpoint kept outside is not the database's newest: run `ostiary audit verify`"
        yield Diagnosis("trail", Health.WARNING, published)
    else:
        yield Diagnosis("trail", Health.GOOD, f"{latest.size} events are sealed, the last at {iso(latest.signed_at)}")


def _check_mail(house: House, _seals: BreakGlass) -> Iterator[Diagnosis]:
    settings = read_mail_settings(house.directory, development=True)
    if settings.mailing(development=False) is Mailing.OFF:
        text = "no mail server: nobody gets notices, and nobody recovers by mail; set `smtp_url` in ostiary.toml"
        yield Diagnosis("mail", Health.WARNING, text)
    else:
        yield Diagnosis("mail", Health.GOOD, "a mail server is set; `ostiary mail test ADDRESS` sends a letter")
    if not read_stored(house.directory).issuer:
        text = "no issuer is kept: links in mails are for this machine alone; start once with `--issuer`"
        yield Diagnosis("address", Health.WARNING, text)


def _check_policies(house: House, _seals: BreakGlass) -> Iterator[Diagnosis]:
    """What a row of a group or application adds must still be possible in each directory."""
    index = house.remembered.signin_policies.value
    unmet = [where for directory in index.directories.values() for where in _unmet(directory, index)]
    for where in unmet[:_MOST]:
        text = f"nobody can meet the sign-in policy of {where}: its factors cannot prove what it requires"
        yield Diagnosis("sign-in policies", Health.WARNING, text)
    if not unmet:
        yield Diagnosis("sign-in policies", Health.GOOD, f"{len(index.policies)} rows, and all can be met")


def _unmet(directory: Directory, index: SignInPolicyIndex) -> Iterator[str]:
    own = [policy for scope, policy in index.policies.items() if scope == (ScopeKind.DIRECTORY, directory.name)]
    if not combine(directory, own).can_be_met:
        yield directory.name
    for (kind, name), policy in index.policies.items():
        if kind is not ScopeKind.DIRECTORY and not combine(directory, [*own, policy]).can_be_met:
            yield f"{directory.name} with {kind.value} {name}"


def _check_administrators(house: House, _seals: BreakGlass) -> Iterator[Diagnosis]:
    with house.database.read() as tx:
        members = tx.directory.members(ADMINISTRATORS, limit=_MOST)
        ready = [person for person in members if _works_daily(person)]
        weak = [person.user_name for person in ready if not tx.credentials.passkeys(person.person_id)]
    if not ready:
        text = f"nobody but guarded accounts is active in `{ADMINISTRATORS}`: invite people of their own"
        yield Diagnosis("administrators", Health.WARNING, text)
    elif weak:
        text = f"without a passkey: {', '.join(weak)}; require `phishing-resistant` of `{ADMINISTRATORS}`"
        yield Diagnosis("administrators", Health.WARNING, text)
    else:
        yield Diagnosis("administrators", Health.GOOD, f"{len(ready)}, all with passkeys")


def _works_daily(person: Person) -> bool:
    return person.kind is PersonKind.ORDINARY and person.status is PersonStatus.ACTIVE


def _check_seals(house: House, break_glass: BreakGlass) -> Iterator[Diagnosis]:
    seals = break_glass.seals()
    if not seals:
        text = "there is no sealed account for emergencies: `ostiary break-glass seal --two-people` makes one"
        yield Diagnosis("break-glass", Health.WARNING, text)
    for seal in seals:
        name = f"break-glass {seal.person.user_name}"
        for problem in seal.problems:
            yield Diagnosis(name, Health.FAILURE, f"{problem}; seal it again")
        rules = house.remembered.signin_policies.value.rules_for(seal.person)
        if not rules.can_be_met or rules.networks:
            yield Diagnosis(name, Health.FAILURE, "a sign-in policy keeps it out")
        if seal.problems:
            continue
        if seal.sealed_at is None or house.clock.now() - seal.sealed_at > _SEAL_GOOD_FOR:
            yield Diagnosis(name, Health.WARNING, "sealed more than 400 days ago: seal it again, for new envelopes")
        else:
            yield Diagnosis(name, Health.GOOD, f"sealed at {iso(seal.sealed_at)} and not used since")
