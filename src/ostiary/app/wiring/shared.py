"""What the services for people share: how proofs are checked and become sessions, and how people are told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ostiary.domain.access.authorizer import Authorizer
from ostiary.domain.access.index import AccessIndex
from ostiary.domain.account.own_sessions import OwnSessions
from ostiary.domain.applications.index import ApplicationIndex
from ostiary.domain.audit.last_use import LastUseLog
from ostiary.domain.credentials.authenticator import Authenticators
from ostiary.domain.credentials.choosing import PasswordChoice
from ostiary.domain.credentials.hashing import PasswordHashing
from ostiary.domain.credentials.one_time_links import NotMeLinks
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.credentials.throttle import Throttle
from ostiary.domain.federation.upstream_index import UpstreamIndex
from ostiary.domain.mail.outbox import Mailing, Outbox
from ostiary.domain.risk.assessment import RiskAssessor
from ostiary.domain.risk.places import Places
from ostiary.domain.risk.watching import AttackWatch
from ostiary.domain.sessions.issuing import RoleSessionIssuer
from ostiary.domain.sessions.revocation import RevocationIndex
from ostiary.domain.signin.arrival import Arrivals
from ostiary.domain.signin.current import CurrentPerson
from ostiary.domain.signin.guarded import GuardedAccounts
from ostiary.domain.signin.invitation import Invitations
from ostiary.domain.signin.mail_codes import MailCodes
from ostiary.domain.signin.password_check import PasswordCheck
from ostiary.domain.signin.second_step import SecondStep
from ostiary.domain.signin.signin import SignIn
from ostiary.domain.signin.step_up import StepUp
from ostiary.domain.signin_policy.index import SignInPolicyIndex
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current
from ostiary.storage.engine import Database


@dataclass(frozen=True, slots=True)
class PeopleParts:
    """What the services for people are made from. `issuer` is the server's own URL without a slash at its end."""

    database: Database
    keys: Current[ServerKeys]
    access: Current[AccessIndex]
    revocations: Current[RevocationIndex]
    applications: Current[ApplicationIndex]
    policies: Current[SignInPolicyIndex]
    upstreams: Current[UpstreamIndex]
    authorizer: Authorizer
    role_session_issuer: RoleSessionIssuer
    last_use: LastUseLog
    clock: Clock
    issuer: str
    organization: Callable[[], str]
    mailing: Mailing = Mailing.OFF
    choice: PasswordChoice | None = None
    places: Places | None = None
    authenticator_roots: tuple[bytes, ...] = ()
    development: bool = False


class SharedServices:
    """Made once per worker, and once per test; the rooms for enrolment, account and recovery are built on it."""

    def __init__(self, parts: PeopleParts) -> None:
        database, clock = parts.database, parts.clock
        self.parts = parts
        self.current = CurrentPerson(
            transactions=database, revocations=parts.revocations, policies=parts.policies, clock=clock
        )
        self.outbox = Outbox(keys=parts.keys, mailing=parts.mailing)
        self.not_me_links = NotMeLinks(parts.issuer)
        watch = AttackWatch(transactions=database, keys=parts.keys, outbox=self.outbox, clock=clock)
        self.throttle = Throttle(transactions=database, keys=parts.keys, clock=clock, watch=watch)
        self.risk = RiskAssessor(
            transactions=database,
            keys=parts.keys,
            throttle=self.throttle,
            outbox=self.outbox,
            not_me=self.not_me_links,
            clock=clock,
            places=parts.places,
        )
        self.choice = parts.choice or PasswordChoice(hashing=PasswordHashing(keys=parts.keys))
        self.hashing = self.choice.hashing
        self.authenticators = Authenticators(keys=parts.keys)
        self.sessions = OwnSessions(transactions=database, clock=clock)
        self.invitations = Invitations(
            transactions=database,
            authorizer=parts.authorizer,
            clock=clock,
            issuer=parts.issuer,
            outbox=self.outbox,
        )
        self.arrivals = Arrivals(
            policies=parts.policies,
            risk=self.risk,
            guarded=GuardedAccounts(outbox=self.outbox),
            recorder=database,
            clock=clock,
        )
        self.passwords = PasswordCheck(hashing=self.hashing, choice=self.choice)
        self.second_step = SecondStep(
            transactions=database, arrivals=self.arrivals, throttle=self.throttle, clock=clock
        )
        self.step_up = StepUp(
            transactions=database,
            recorder=database,
            arrivals=self.arrivals,
            throttle=self.throttle,
            passwords=self.passwords,
            authenticators=self.authenticators,
            clock=clock,
        )
        self.mail_codes = MailCodes(
            transactions=database,
            current=self.current,
            arrivals=self.arrivals,
            second_step=self.second_step,
            throttle=self.throttle,
            risk=self.risk,
            outbox=self.outbox,
            policies=parts.policies,
            keys=parts.keys,
            clock=clock,
        )
        self.signin = SignIn(
            transactions=database,
            current=self.current,
            arrivals=self.arrivals,
            throttle=self.throttle,
            passwords=self.passwords,
            second_step=self.second_step,
            authenticators=self.authenticators,
            outbox=self.outbox,
            not_me=self.not_me_links,
            last_use=parts.last_use,
            clock=clock,
        )
