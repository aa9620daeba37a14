"""The mailbox of development mode: what would have been mailed. Without development mode the page is not there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from ostiary.protocols.web.pages import PATHS
from ostiary.protocols.web.rooms import ShownMail
from ostiary.protocols.web.visit import Answer, Route, Visit, go_to

_SHOWN = 50
_LINK = re.compile(r"https?://\S+")
# A letter brings its own style, as mails must, and is not one of our pages: it gets no script, no form, no origin.
_LETTER_POLICY = "sandbox allow-top-navigation-by-user-activation; default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class MailView:
    to: str
    subject: str
    text: str
    links: list[str]
    sent_at: datetime
    letter: str


def show_mailbox(visit: Visit) -> Answer:
    mails = [_view(mail) for mail in visit.rooms.mailbox(_SHOWN)]
    return Answer(visit.render("mailbox.html", mails=mails))


def show_letter(visit: Visit) -> Answer:
    """Its HTML as a mail program would show it."""
    wanted = visit.path["mail_id"]
    mail = next((mail for mail in visit.rooms.mailbox(_SHOWN) if mail.mail_id == wanted), None)
    if mail is None:
        return go_to(PATHS.mailbox)
    return Answer(mail.html, headers={"Content-Security-Policy": f"{_LETTER_POLICY}; frame-ancestors 'none'"})


def _view(mail: ShownMail) -> MailView:
    letter = f"{PATHS.mailbox}/{mail.mail_id}"
    return MailView(mail.to, mail.subject, mail.text, _LINK.findall(mail.text), mail.sent_at, letter)


ROUTES = (
    Route("GET", PATHS.mailbox, show_mailbox, None, development_only=True),
    Route("GET", PATHS.mailbox + "/{mail_id}", show_letter, None, development_only=True),
)
