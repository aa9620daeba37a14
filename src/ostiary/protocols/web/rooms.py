"""Which services and settings do the pages need? Made once by the wiring, shared by all request threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ostiary.domain.access.authorizer import Authorizer
from ostiary.domain.account.own_account import OwnAccount
from ostiary.domain.account.own_sessions import OwnSessions
from ostiary.domain.sessions.person_credentials import PersonRoleCredentials
from ostiary.domain.signin.current import CurrentPerson
from ostiary.domain.signin.enrolment import Enrolment
from ostiary.domain.signin.mail import MailSlice
from ostiary.domain.signin.signin import SignIn
from ostiary.domain.tokens.device_approval import DeviceApprovals
from ostiary.kit.clock import Clock
from ostiary.kit.transactions import Transactions
from ostiary.protocols.http.client import ProxyTrust


@dataclass(frozen=True, slots=True)
class WebRooms:
    """`issuer` is the server's own URL without a slash at its end; `organization` gives the name for the pages."""

    current: CurrentPerson
    signin: SignIn
    enrolment: Enrolment
    sessions: OwnSessions
    account: OwnAccount
    device_approvals: DeviceApprovals
    credentials: PersonRoleCredentials
    authorizer: Authorizer
    mail: Transactions[MailSlice]
    clock: Clock
    trust: ProxyTrust
    issuer: str
    organization: Callable[[], str]
    development: bool = False
