"""What does a handler know of a request, and what may it answer?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from ostiary.domain.audit.caller import Origin
from ostiary.domain.recovery.helping import Helper
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.errors import NotSignedIn
from ostiary.kit.redaction import Secret
from ostiary.protocols.texts.catalogue import say
from ostiary.protocols.texts.choice import LANGUAGES
from ostiary.protocols.web import pages
from ostiary.protocols.web.rooms import WebRooms

_NOTHING: Mapping[str, str] = MappingProxyType({})


class Keep(Enum):
    """What happens to the session cookie when an answer brings no new one."""

    AS_IT_IS = "as-it-is"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class Visit:
    """`here` is there exactly when the route asks for a session; `token` is the cookie as it came; `csrf` for forms."""

    rooms: WebRooms
    origin: Origin
    csrf: str
    form: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    query: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    path: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    here: SignedIn | None = None
    token: str | None = field(default=None, repr=False)
    language: str = LANGUAGES[0]

    @property
    def person(self) -> SignedIn:
        if self.here is None:
            raise NotSignedIn
        return self.here

    def render(self, template: str, **context: object) -> str:
        common = {
            "organization": self.rooms.organization(),
            "development": self.rooms.development,
            "csrf": self.csrf,
            "helps": self._helps,
        }
        return pages.render(template, language=self.language, **(common | context))

    @property
    def _helps(self) -> bool:
        """Whether she may help somebody back in: then her pages lead to where she does."""
        if self.here is None or self.here.session.level is not SessionLevel.FULL:
            return False
        return self.rooms.recovery.assisted.may_help(Helper.of(self.here))

    def say(self, text: str) -> str:
        """A sentence of Python code in the visitor's language."""
        return say(text, self.language)


@dataclass(frozen=True, slots=True)
class Answer:
    """A page, a way to go on (`location`), or a file in pieces; `session` becomes the cookie."""

    html: str = ""
    file: Iterable[bytes] | None = None
    media_type: str = "text/html; charset=utf-8"
    status: int = 200
    location: str = ""
    session: Secret | None = None
    cookie: Keep = Keep.AS_IT_IS
    headers: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


def go_to(location: str, *, session: Secret | None = None, cookie: Keep = Keep.AS_IT_IS) -> Answer:
    """303: whatever was sent is done, look there now (RFC 9110 section 15.4.4)."""
    return Answer(status=303, location=location, session=session, cookie=cookie)


Handler = Callable[[Visit], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One row of who may do what: the session that it needs, and the action that the authorizer is asked about.

    `level` None: no session is needed, and no action can be asked about, because nobody is there yet. The resource of
    every action is the person herself. `fresh`: she must have proved herself in this session a moment ago (BP01-20),
    else she is sent to do so, and then to the page: the path itself, or `page` where the path has none.
    `before_terms`: it answers also while she has not accepted the terms of her directory. `arrives`: a session may
    begin here although no form of ours was sent.
    """

    method: str
    path: str
    handler: Handler
    level: SessionLevel | None
    action: str = ""
    development_only: bool = False
    fresh: bool = False
    page: str = ""
    before_terms: bool = False
    arrives: bool = False
