"""How does a letter become text, HTML, and a message that may be sent? RFC 5322, RFC 3834, RFC 8255.

No value reaches a header except through `one_line`, and the library refuses line ends in headers besides.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from ostiary.domain.directory.errors import InvalidPerson
from ostiary.domain.directory.people import check_email
from ostiary.domain.mail.model import Message
from ostiary.kit.texts import Text
from ostiary.protocols.mail.letters import Button, Letter, Occasion, harmless, letter_for
from ostiary.protocols.texts.catalogue import say
from ostiary.protocols.texts.choice import known_language

_WIDTH = 76
_MAX_SUBJECT = 150


class AddressUnwritable(Exception):
    """No header can hold this recipient's address."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes: `address` stands in From, `organization` beside it; `issuer` is the server's own URL."""

    organization: str
    address: str
    issuer: str

    @property
    def host(self) -> str:
        return urlsplit(self.issuer).hostname or "localhost"


@dataclass(frozen=True, slots=True)
class Rendered:
    language: str
    subject: str
    text: str
    html: str


def render(message: Message, sender: Sender) -> Rendered:
    language = known_language(message.recipient.language)
    letter = letter_for(Occasion(message, one_line(sender.organization), language))
    spoken = _Spoken(letter, message, sender, language)
    subject = one_line(spoken.say(letter.subject))[:_MAX_SUBJECT]
    return Rendered(language, subject, spoken.as_text(), spoken.as_html(subject))


def email_of(message: Message, sender: Sender) -> EmailMessage:
    """Raises AddressUnwritable."""
    rendered = render(message, sender)
    email = EmailMessage(policy=SMTP)
    email["From"] = Address(one_line(sender.organization), addr_spec=sender.address)
    email["To"] = _header_address(_ascii_domain(message.recipient.address))
    email["Subject"] = rendered.subject
    email["Date"] = format_datetime(message.created_at)
    # The same each time that it is sent: whoever gets it twice can tell.
    email["Message-ID"] = f"<{message.message_id}@{sender.host}>"
    email["Auto-Submitted"] = "auto-generated"
    email.set_content(rendered.text, cte="quoted-printable")
    email.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    email["Content-Language"] = rendered.language  # after the contents, which take such headers with them
    return email


def one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _ascii_domain(address: str) -> str:
    try:
        local, _, domain = check_email(address).rpartition("@")
        if not domain:
            raise AddressUnwritable
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except (InvalidPerson, UnicodeError) as failure:
        raise AddressUnwritable from failure


def _header_address(address: str) -> Address:
    """Some addresses that people have need quotes or SMTPUTF8: what the library cannot write is not sent."""
    try:
        return Address(addr_spec=address)
    except (MessageError, ValueError, IndexError) as failure:
        raise AddressUnwritable from failure


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A letter in one language."""

    letter: Letter
    message: Message
    sender: Sender
    language: str

    def say(self, text: str) -> str:
        return say(text, self.language)

    def as_text(self) -> str:
        letter = self.letter
        blocks = [_wrapped(paragraph) for paragraph in self._opening()]
        blocks += [f"    {letter.code}"] if letter.code else []
        blocks += [self._pointing(letter.button)] if letter.button else []
        blocks += (
            ["\n".join(f"{self.say(name)}: {self.say(value)}" for name, value in letter.facts)] if letter.facts else []
        )
        blocks += [f"{_wrapped(self._not_me_text())}\n{letter.not_me.link}"] if letter.not_me else []
        blocks += [_wrapped(self.say(paragraph)) for paragraph in letter.closing]
        return _environment().get_template("letter.txt").render(blocks=blocks, foot=_wrapped(self._foot()))

    def as_html(self, subject: str) -> str:
        letter = self.letter
        return (
            _environment()
            .get_template("letter.html")
            .render(
                language=self.language,
                subject=subject,
                organization=one_line(self.sender.organization),
                paragraphs=self._opening(),
                closing=[self.say(paragraph) for paragraph in letter.closing],
                code=letter.code,
                button=self._labelled(letter.button),
                copy_hint=self.say(Text("If the button does not work, copy this address into your browser:")),
                facts=[(self.say(name), self.say(value)) for name, value in letter.facts],
                not_me=self._labelled(letter.not_me),
                not_me_text=self._not_me_text(),
                foot=self._foot(),
            )
        )

    def _opening(self) -> list[str]:
        name = harmless(self.message.recipient.name) if self.letter.greets else ""
        greeting = Text("Hello {name},", name=name) if name else Text("Hello,")
        return [self.say(greeting), *(self.say(paragraph) for paragraph in self.letter.paragraphs)]

    def _pointing(self, button: Button) -> str:
        return f"{self.say(button.label)}:\n{button.link}"

    def _labelled(self, button: Button | None) -> dict[str, str] | None:
        return None if button is None else {"label": self.say(button.label), "link": button.link}

    def _not_me_text(self) -> str:
        return self.say(Text("If this was not you, say so: all your sessions end at once, and you get back in safely."))

    def _foot(self) -> str:
        return self.say(
            Text(
                "Sent by the sign-in of {organization} at {host}, automatically: nobody reads answers.",
                organization=one_line(self.sender.organization),
                host=self.sender.host,
            )
        )


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("ostiary.protocols.mail"),
        autoescape=select_autoescape(("html",), default_for_string=True, default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
