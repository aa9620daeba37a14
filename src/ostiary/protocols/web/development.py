"""The mailbox of development mode: what would have been mailed. Without development mode the page is not there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from ostiary.domain.signin.mail import Mail
from ostiary.protocols.web.pages import PATHS
from ostiary.protocols.web.visit import Answer, Route, Visit

_SHOWN = 50
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class MailView:
    to: str
    subject: str
    text: str
    links: list[str]
    sent_at: datetime


def show_mailbox(visit: Visit) -> Answer:
    with visit.rooms.mail.read() as tx:
        mails = [_view(mail) for mail in tx.mailbox.mails(_SHOWN)]
    return Answer(visit.render("mailbox.html", mails=mails))


def _view(mail: Mail) -> MailView:
    return MailView(mail.recipient, mail.subject, mail.body, _LINK.findall(mail.body), mail.sent_at)


ROUTES = (Route("GET", PATHS.mailbox, show_mailbox, None, development_only=True),)
