"""Which services and settings do the pages need? Made once by the wiring, shared by all request threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ostiary.domain.access.authorizer import Authorizer
from ostiary.domain.account.own_account import OwnAccount
from ostiary.domain.account.own_sessions import OwnSessions
from ostiary.domain.account.services import Own
from ostiary.domain.applications.index import ApplicationIndex
from ostiary.domain.recovery.services import RecoveryServices
from ostiary.domain.sessions.person_credentials import PersonRoleCredentials
from ostiary.domain.signin.current import CurrentPerson
from ostiary.domain.signin.enrolment import Enrolment
from ostiary.domain.signin.mail_codes import MailCodes
from ostiary.domain.signin.passkey_services import PasskeyServices
from ostiary.domain.signin.signin import SignIn
from ostiary.domain.signin.step_up import StepUp
from ostiary.domain.signin.upstream_sign_in import UpstreamSignIn
from ostiary.domain.signin_policy.index import SignInPolicyIndex
from ostiary.domain.tokens.authorization import Authorization
from ostiary.domain.tokens.device_approval import DeviceApprovals
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current
from ostiary.protocols.http.client import ProxyTrust


@dataclass(frozen=True, slots=True)
class ShownMail:
    """A letter that waits, as it would be sent; `to` is empty when she has no address."""

    mail_id: str
    to: str
    subject: str
    text: str
    html: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class WebRooms:
    """`issuer` is the server's own URL without a slash at its end; `organization` gives the name for the pages.

    `mailbox` gives the newest mails of development mode.
    """

    current: CurrentPerson
    signin: SignIn
    mail_codes: MailCodes
    step_up: StepUp
    policies: Current[SignInPolicyIndex]
    enrolment: Enrolment
    passkeys: PasskeyServices
    upstream: UpstreamSignIn
    sessions: OwnSessions
    account: OwnAccount
    own: Own
    recovery: RecoveryServices
    device_approvals: DeviceApprovals
    authorization: Authorization
    applications: Current[ApplicationIndex]
    credentials: PersonRoleCredentials
    authorizer: Authorizer
    mailbox: Callable[[int], Sequence[ShownMail]]
    clock: Clock
    trust: ProxyTrust
    issuer: str
    organization: Callable[[], str]
    development: bool = False
