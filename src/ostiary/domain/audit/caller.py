"""Who is asking? One value, whatever door somebody came through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class CallerKind(StrEnum):
    PERSON = "person"
    WORKLOAD = "workload"
    ROLE_SESSION = "role-session"
    IAM_USER = "iam-user"
    OPERATOR = "operator"
    ANONYMOUS = "anonymous"
    SERVER = "server"


class Door(StrEnum):
    WEB = "web"
    OIDC = "oidc"
    AWS = "aws"
    AUTHZEN = "authzen"
    CLI = "cli"
    INTERNAL = "internal"


class AssuranceLevel(StrEnum):
    """How well somebody was proved; each level has what the one before it has."""

    SINGLE_FACTOR = "single-factor"
    MULTI_FACTOR = "multi-factor"
    PHISHING_RESISTANT = "phishing-resistant"


# RFC 8176 names for a key that signs for one origin only: in hardware, in software, on a smart card. `phr` is our own:
# an upstream provider said so, in a way that the operator listed for it.
_PHISHING_RESISTANT = frozenset({"hwk", "swk", "sc", "phr"})


@dataclass(frozen=True, slots=True)
class Assurance:
    """What was proved at sign-in, and when. `methods` are RFC 8176 `amr` values; a factor not used is not listed."""

    methods: tuple[str, ...] = ()
    authenticated_at: datetime | None = None

    @property
    def multi_factor(self) -> bool:
        return "mfa" in self.methods

    @property
    def level(self) -> AssuranceLevel | None:
        """None when nothing was proved."""
        if not self.methods:
            return None
        if not self.multi_factor:
            return AssuranceLevel.SINGLE_FACTOR
        if _PHISHING_RESISTANT.isdisjoint(self.methods):
            return AssuranceLevel.MULTI_FACTOR
        return AssuranceLevel.PHISHING_RESISTANT


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from: address after trusted hops were resolved, never what a stranger's header claims.

    `region` is the one that an AWS request was signed for. `user_agent` and `referer` are what the client says.
    `device` is the hash of a cookie that the browser keeps for long, empty without one; `posture` is what a trusted hop
    says of the device.
    """

    door: Door
    source_ip: str = ""
    user_agent: str = ""
    request_id: str = ""
    secure_transport: bool = False
    region: str = ""
    referer: str = ""
    device: str = ""
    posture: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lineage:
    """What a role session hands on to the session that is made from it.

    `origin` says how the first session of the chain came to be, `depth` how many were made from it since; `subjects`
    are the pairs (epoch kind, subject) whose revocation ends it; `transitive_tags` are keys of session tags.
    """

    origin: str
    depth: int
    subjects: tuple[tuple[str, str], ...]
    session_tags: Mapping[str, str]
    transitive_tags: tuple[str, ...] = ()
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """`tags` are what policies see as `aws:PrincipalTag/...`; `session_policies` are JSON texts.

    `user_id` is the unique id that policies see as `aws:userid`; only role sessions have a lineage.
    """

    arn: str
    account: str
    kind: CallerKind
    name: str
    origin: Origin
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    source_identity: str = ""
    assurance: Assurance = Assurance()
    session_id: str = ""
    access_key_id: str = ""
    role_arn: str | None = None
    session_policies: tuple[str, ...] = ()
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    user_id: str = ""
    lineage: Lineage | None = None


def anonymous(origin: Origin) -> Caller:
    return Caller(arn="anonymous", account="", kind=CallerKind.ANONYMOUS, name="anonymous", origin=origin)


def server(account: str = "") -> Caller:
    """The server itself, for what no request asked for: keys rotated by age, sessions ended by time."""
    return Caller(arn="server", account=account, kind=CallerKind.SERVER, name="server", origin=Origin(Door.INTERNAL))
