"""What does a letter of each kind say? One function per kind; both forms, text and HTML, are made from what it says.

Letters that a stranger can provoke say nothing that he chose: no name, no device.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ostiary.domain.mail.model import MailKind, Message
from ostiary.kit.texts import Text
from ostiary.protocols.texts.moments import readable

# What mail programs make a link of, though nobody here made it one.
_LINKABLE = re.compile(r"://|[A-Za-z]\.[A-Za-z]{2}|www\.|/", re.IGNORECASE)
_BETWEEN = re.compile(r"(?<=[./:@])(?=\S)")
_MAX_SHOWN = 100
_FACTORS: Mapping[str, Text] = {
    "passkey": Text("passkey"),
    "totp": Text("authenticator app"),
    "password": Text("password"),
    "email-code": Text("code by email"),
    "recovery-codes": Text("recovery codes"),
    "upstream": Text("another service"),
}


@dataclass(frozen=True, slots=True)
class Button:
    label: Text
    link: str


@dataclass(frozen=True, slots=True)
class Letter:
    """`closing` stands below button, code and facts; `not_me` is the way out when she did not do it."""

    subject: Text
    paragraphs: tuple[Text, ...]
    closing: tuple[Text, ...] = ()
    button: Button | None = None
    code: str = ""
    greets: bool = True
    facts: tuple[tuple[Text, str], ...] = ()
    not_me: Button | None = None


@dataclass(frozen=True, slots=True)
class Occasion:
    """A message with what its letter may mention."""

    message: Message
    organization: str
    language: str

    def value(self, name: str) -> str:
        """As it came, for links and codes."""
        return self.message.values.get(name, "")

    def shown(self, name: str) -> str:
        return harmless(self.value(name))

    def moment(self, name: str) -> str:
        return readable(datetime.fromisoformat(self.value(name)), self.language)


def harmless(text: str) -> str:
    """One printable line of which no mail program makes a link: names are chosen by those who have them."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_MAX_SHOWN]
    return _BETWEEN.sub("\N{WORD JOINER}", line) if _LINKABLE.search(line) else line


def letter_for(occasion: Occasion) -> Letter:
    return LETTERS[occasion.message.kind](occasion)


def _until(o: Occasion) -> Text:
    return Text("The link works once, until {moment}.", moment=o.moment("expires_at"))


def _ignore() -> Text:
    return Text("If you did not ask for this, do nothing: without this message nobody gets any further.")


def _enrolment(o: Occasion) -> Letter:
    return Letter(
        subject=Text("Set up your sign-in to {organization}", organization=o.organization),
        paragraphs=(
            Text("there is an account for you at {organization}.", organization=o.organization),
            Text("Your user name is {user_name}.", user_name=o.value("user_name")),
            Text("Follow the link to set up how you sign in. It takes about two minutes."),
        ),
        button=Button(Text("Set up your sign-in"), o.value("link")),
        closing=(_until(o), Text("Do not forward this message: whoever follows the link is taken for you.")),
    )


def _registration_invitation(o: Occasion) -> Letter:
    return Letter(
        subject=Text("You are invited to {organization}", organization=o.organization),
        paragraphs=(Text("you are invited to open an account at {organization}.", organization=o.organization),),
        button=Button(Text("Open your account"), o.value("link")),
        closing=(_until(o), Text("If you do not want an account, do nothing.")),
        greets=False,
    )


def _verify_email(o: Occasion) -> Letter:
    return Letter(
        subject=Text("Confirm your email address for {organization}", organization=o.organization),
        paragraphs=(
            Text(
                "somebody, probably you, wants to open an account at {organization} with this address.",
                organization=o.organization,
            ),
            Text("Please confirm that the address is yours."),
        ),
        button=Button(Text("Confirm the address"), o.value("link")),
        closing=(_until(o), _ignore()),
        greets=False,
    )


def _already_registered(o: Occasion) -> Letter:
    closing = [Text("If you did not try to register, somebody else typed your address. Nothing has changed.")]
    if o.value("recovery"):
        closing.insert(0, Text("If you cannot sign in any more, start here: {link}", link=o.value("recovery")))
    return Letter(
        subject=Text("You already have an account at {organization}", organization=o.organization),
        paragraphs=(
            Text(
                "somebody, probably you, wants to open an account at {organization} with this address.",
                organization=o.organization,
            ),
            Text("There is one already, so no other was made. Simply sign in."),
        ),
        button=Button(Text("Sign in"), o.value("link")),
        closing=tuple(closing),
        greets=False,
    )


def _email_code(o: Occasion) -> Letter:
    return Letter(
        subject=Text("Your code for {organization}", organization=o.organization),
        paragraphs=(Text("type this code on the page that asked for it:"),),
        code=o.value("code"),
        closing=(
            Text("The code works once, until {moment}.", moment=o.moment("expires_at")),
            Text(
                "Nobody of {organization} will ever ask you for this code. If you did not ask for it, do nothing.",
                organization=o.organization,
            ),
        ),
        greets=False,
    )


def _recovery(o: Occasion) -> Letter:
    return Letter(
        subject=Text("Get back into your account at {organization}", organization=o.organization),
        paragraphs=(Text("somebody, probably you, cannot sign in any more and asked for a way back in."),),
        button=Button(Text("Get back in"), o.value("link")),
        closing=(_until(o), Text("The link alone opens nothing: you will be asked for a second proof."), _ignore()),
        greets=False,
    )


def _recovery_approval(o: Occasion) -> Letter:
    return Letter(
        subject=Text("Your approval is needed at {organization}", organization=o.organization),
        paragraphs=(
            Text(
                "{requester} wants to let {person} back in after everything was lost, and somebody else has to agree.",
                requester=o.shown("requester"),
                person=o.shown("person"),
            ),
            Text(
                "Agree only after you have spoken to {person} yourself, and not by mail.",
                person=o.shown("person"),
            ),
        ),
        button=Button(Text("Look at the request"), o.value("link")),
        closing=(Text("The request ends by itself on {moment}.", moment=o.moment("expires_at")),),
    )


def _test(o: Occasion) -> Letter:
    return Letter(
        subject=Text("A test from {organization}", organization=o.organization),
        paragraphs=(Text("if you can read this, mail from {organization} arrives.", organization=o.organization),),
        facts=((Text("When"), o.moment("at")),),
        greets=False,
    )


def _notice(subject: Text, *paragraphs: Text, button: Button | None = None) -> Callable[[Occasion], Letter]:
    """A letter about something that happened, which says when and where, and what to do if it was not she."""

    def letter(o: Occasion) -> Letter:
        return _noticed(o, subject, *paragraphs, button=button)

    return letter


def _noticed(o: Occasion, subject: Text, *paragraphs: Text, button: Button | None = None) -> Letter:
    facts = ((Text("When"), o.moment("at")), (Text("Device"), _device(o)), (Text("From"), o.shown("place")))
    link = o.value("not_me")
    return Letter(
        subject=subject,
        paragraphs=paragraphs,
        button=button,
        facts=tuple(fact for fact in facts if fact[1]),
        not_me=Button(Text("This was not me"), link) if link else None,
        closing=() if link else (Text("If this was not you, tell your administrator at once."),),
    )


def _device_signed_in(o: Occasion) -> Letter:
    return _noticed(
        o,
        Text("A device was signed in as you"),
        Text(
            "{application} on another device is signed in as you: somebody, probably you, said yes to its code.",
            application=o.shown("application"),
        ),
    )


def _device(o: Occasion) -> str:
    """`Firefox on Linux` came in English (`kit/user_agents.py`), and is said again in her language."""
    browser, on, system = o.shown("device").partition(" on ")
    if not on:
        return Text("A browser") if browser == "A browser" else browser
    if browser == "A browser":
        return Text("A browser on {system}", system=system)
    return Text("{browser} on {system}", browser=browser, system=system)


def _factor_added(o: Occasion) -> Letter:
    return _noticed(
        o,
        Text("A new way to sign in was added to your account"),
        Text("from now on you can also sign in with this: {factor}.", factor=_factor(o)),
    )


def _factor_removed(o: Occasion) -> Letter:
    return _noticed(
        o,
        Text("A way to sign in was removed from your account"),
        Text("this no longer opens your account: {factor}.", factor=_factor(o)),
    )


def _factor(o: Occasion) -> Text:
    kind, name = _FACTORS.get(o.value("factor"), Text("another way")), o.shown("factor_name")
    return Text("{kind} “{name}”", kind=kind, name=name) if name else kind


def _recovery_code_used(o: Occasion) -> Letter:
    return _noticed(
        o,
        Text("One of your recovery codes was used"),
        Text("somebody, probably you, signed in with a recovery code. It does not work a second time."),
        Text("Unused recovery codes: {left}", left=o.shown("left")),
    )


def _sessions_ended(o: Occasion) -> Letter:
    link = o.value("link")
    return _noticed(
        o,
        Text("You were signed out everywhere"),
        Text("every session of yours was ended, on all devices, because you said that something was not you."),
        Text("Get back in now, and choose new ways to sign in.") if link else _ASK_FOR_HELP,
        button=Button(Text("Get back in"), link) if link else None,
    )


def _used_account(subject: Text) -> Callable[[Occasion], Letter]:
    """Goes to the administrators, so it cannot send them to their administrator."""

    def letter(o: Occasion) -> Letter:
        said = Text(
            "somebody signed in as {user_name}. Make sure that you know who it was, and why.",
            user_name=o.value("user_name"),
        )
        return replace(_noticed(o, subject, said), closing=(_NOBODY_KNOWS,))

    return letter


_NOBODY_KNOWS = Text("If none of you can explain it, treat it as a break-in: end its sessions, and read the trail.")
_ASK_FOR_HELP = Text("To get back in, ask your administrator or help desk.")

LETTERS: Mapping[MailKind, Callable[[Occasion], Letter]] = {
    MailKind.ENROLMENT: _enrolment,
    MailKind.REGISTRATION_INVITATION: _registration_invitation,
    MailKind.VERIFY_EMAIL: _verify_email,
    MailKind.ALREADY_REGISTERED: _already_registered,
    MailKind.EMAIL_CODE: _email_code,
    MailKind.RECOVERY: _recovery,
    MailKind.RECOVERY_APPROVAL: _recovery_approval,
    MailKind.TEST: _test,
    MailKind.NEW_SIGN_IN: _notice(
        Text("New sign-in to your account"),
        Text("somebody, probably you, signed in from a device or network that we had not seen with you before."),
    ),
    MailKind.SIGN_IN_BLOCKED: _notice(
        Text("A sign-in to your account was blocked"),
        Text("somebody had the right password or key, but everything else looked wrong, so nobody was let in."),
        Text("If it was you, try again from a device and network that you have used before."),
    ),
    MailKind.THROTTLED: _notice(
        Text("Somebody is guessing at your account"),
        Text("there were many wrong tries to sign in as you. They are being slowed down, and none was let in."),
        Text("You need to do nothing. Devices on which you were signed in before are not held up."),
    ),
    MailKind.DEVICE_SIGNED_IN: _device_signed_in,
    MailKind.FACTOR_ADDED: _factor_added,
    MailKind.FACTOR_REMOVED: _factor_removed,
    MailKind.PASSWORD_CHANGED: _notice(
        Text("Your password was changed"),
        Text("the password of your account has been changed, and your other sessions have been ended."),
    ),
    MailKind.RECOVERY_CODES_SEEN: _notice(
        Text("Your recovery codes were shown"),
        Text("new recovery codes for your account were made and shown. The earlier ones no longer work."),
    ),
    MailKind.RECOVERY_CODE_USED: _recovery_code_used,
    MailKind.RECOVERY_STARTED: _notice(
        Text("Somebody wants to get back into your account"),
        Text("somebody said that you have lost your ways to sign in, and the recovery of your account has begun."),
    ),
    MailKind.RECOVERY_DONE: _notice(
        Text("Your account was recovered"),
        Text("your account was recovered. All earlier sessions have been ended."),
    ),
    MailKind.SESSIONS_ENDED: _sessions_ended,
    MailKind.EMAIL_CHANGED: _notice(
        Text("The email address of your account was changed"),
        Text("from now on, messages about your account go to another address. This is the last one that comes here."),
    ),
    MailKind.ACCOUNT_DELETED: _notice(
        Text("Your account was deleted"),
        Text("your account was deleted, as was asked for on your account's page. It cannot be brought back."),
    ),
    MailKind.ADMINISTRATOR_USED: _used_account(Text("The first administrator's account was used")),
    MailKind.BREAK_GLASS_USED: _used_account(Text("The emergency account was used")),
}
