"""How does every temporary credential leave the house? Limited, sealed, recorded, and only then handed over.

All doors issue through here, so that none can forget the limits or the event.
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from ostiary.domain.access.errors import InvalidPolicyDocument
from ostiary.domain.access.model import Role
from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.event import Details, event_of
from ostiary.domain.audit.last_use import LastUse, LastUseLog, Used
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.sessions.errors import InvalidSessionRequest, SessionTooLarge
from ostiary.domain.sessions.role_session import RoleSession, TemporaryCredentials, issue
from ostiary.kit.clock import from_micros, iso
from ostiary.kit.current import Current
from ostiary.policy import PolicyError, PolicyKind, parse_policy

MIN_SECONDS = 900
DEFAULT_SECONDS = 3600
MAX_CHAINED_SECONDS = 3600
MAX_POLICY_CHARACTERS = 2048
MAX_TAGS = 50
_MAX_TAG_KEY, _MAX_TAG_VALUE = 128, 256
_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{2,64}", re.ASCII)


class RoleSessionIssuer:
    def __init__(self, *, keys: Current[ServerKeys], recorder: EventRecorder, last_use: LastUseLog) -> None:
        self._keys = keys
        self._recorder = recorder
        self._last_use = last_use

    def issue(
        self, caller: Caller, session: RoleSession, event: EventName, *, details: Details | None = None
    ) -> TemporaryCredentials:
        """Raises InvalidSessionRequest, SessionTooLarge; that the caller may have the session was decided before."""
        _check_session(session)
        credentials = issue(self._keys.value.session_tokens, session)
        issued: Details = {
            "issuedAccessKeyId": credentials.access_key_id,
            "assumedRole": credentials.assumed_role_arn,
            "expiration": iso(credentials.expiration),
            "issuedSourceIdentity": session.source_identity,
            "tagKeys": sorted(session.tags),
        }
        at = from_micros(session.issued_at)
        recorded = event_of(caller, event, at=at, resources=[session.role_arn], details={**issued, **(details or {})})
        # ORDER: the event is durable before the credential exists outside this function.
        self._recorder.record(recorded)
        source_ip = caller.origin.source_ip
        self._last_use.note(LastUse(Used.ROLE, session.role_arn, at, source_ip, event.value, "sts"))
        return credentials


def seconds_of(role: Role, requested: int | None, *, chained: bool = False) -> int:
    """What is asked for, and without a wish an hour, or what the role allows when that is less; `life_of` checks it."""
    return min(DEFAULT_SECONDS, _most_seconds(role, chained=chained)) if requested is None else requested


def life_of(role: Role, requested: int | None, *, chained: bool = False) -> timedelta:
    """How long `seconds_of` is. Raises InvalidSessionRequest."""
    most, seconds = _most_seconds(role, chained=chained), seconds_of(role, requested, chained=chained)
    if seconds < MIN_SECONDS:
        raise InvalidSessionRequest(f"The requested DurationSeconds is under the minimum of {MIN_SECONDS} seconds.")
    if seconds > role.max_session_seconds:
        raise InvalidSessionRequest("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    if seconds > most:
        raise InvalidSessionRequest(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        )
    return timedelta(seconds=seconds)


def _most_seconds(role: Role, *, chained: bool) -> int:
    return min(role.max_session_seconds, MAX_CHAINED_SECONDS) if chained else role.max_session_seconds


def ends_at(start: datetime, life: timedelta, *limits: datetime | None) -> datetime:
    """Nothing outlives what it rests on: a workload, an assignment, a long-term key."""
    return min([start + life, *(limit for limit in limits if limit is not None)])


def check_session_policy(text: str) -> None:
    """Raises InvalidPolicyDocument, SessionTooLarge."""
    if len(text) > MAX_POLICY_CHARACTERS:
        raise SessionTooLarge(f"The session policy has more than {MAX_POLICY_CHARACTERS} characters.")
    try:
        parse_policy(text, policy_id="session", kind=PolicyKind.SESSION)
    except PolicyError as error:
        raise InvalidPolicyDocument(f"The session policy is not valid: {error}") from None


def session_tags(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Tags as they were given. Raises InvalidSessionRequest for a key that stands twice, in whatever case."""
    tags, seen = {}, set()
    for key, value in pairs:
        if key.lower() in seen:
            raise InvalidSessionRequest("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        seen.add(key.lower())
        tags[key] = value
    return tags


def _check_session(session: RoleSession) -> None:
    _check_name(session.session_name, "role session name")
    if session.source_identity:
        _check_name(session.source_identity, "source identity")
    if len(session.tags) > MAX_TAGS:
        raise InvalidSessionRequest(f"A session has at most {MAX_TAGS} tags.")
    for key, value in session.tags.items():
        _check_tag(key, value)


def _check_name(name: str, what: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidSessionRequest(f"The {what} must have 2 to 64 letters, digits or characters of _+=,.@-")


def _check_tag(key: str, value: str) -> None:
    if not 0 < len(key) <= _MAX_TAG_KEY or len(value) > _MAX_TAG_VALUE:
        raise InvalidSessionRequest(
            f"A tag has a key of 1 to {_MAX_TAG_KEY} characters and a value of at most {_MAX_TAG_VALUE}."
        )
    if key.lower().startswith("aws:"):
        raise InvalidSessionRequest("Tag keys beginning with aws: are reserved.")
    if not (key.isprintable() and value.isprintable()):
        raise InvalidSessionRequest("Tags must not hold control characters.")
