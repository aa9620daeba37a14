"""Step 4: a person enrols, signs in, gets credentials with her attributes as tags, and is moved to another team."""

from __future__ import annotations

import json
import secrets
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from demo import clock
from demo.authenticator import Authenticator
from demo.browser import Browser, Page
from demo.doors import Keys
from demo.failure import TourFailed
from demo.stage import Stage
from demo.trail import as_line
from demo.workloads import FOREIGN_SECRET, OWN_SECRET, tell_event

PERSON = "maria"
_END_SECONDS = 5
_AT_ONCE = 0.1
_BEFORE = 'groups = ["payments-team"]\nattributes = { team = "payments" }'
_AFTER = 'groups = ["orders-team"]\nattributes = { team = "orders" }'
_WORDS = ("heron", "lantern", "orchard", "granite", "violin", "harbour", "saffron", "meadow", "copper", "walnut")


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a visitor needs to sign in as her."""

    user_name: str
    password: str = field(repr=False)
    authenticator: Authenticator


def enrol(stage: Stage, browser: Browser) -> Enrolled:
    """Password and authenticator, through the pages."""
    began = _now()
    stage.screen.say("Maria follows her one-time link, chooses a password and adds an authenticator app.")
    link = f"{stage.links[PERSON]}?with=password"
    password = " ".join(secrets.choice(_WORDS) for _ in range(4)) + f" {secrets.randbelow(900) + 100}"
    stage.screen.asked(f"GET  {link}\nPOST new_password, repeat_password\nPOST code", by="Maria's browser")
    welcome = browser.open(link)
    form = welcome.form(to="/enroll/")
    second = browser.send(form, new_password=password, repeat_password=password)
    authenticator = Authenticator(second.text(".key"))
    code = authenticator.next_code()
    done = browser.send(second.form(to="/enroll/"), code=code)
    stage.screen.answered(" → ".join(page.heading for page in (welcome, second, done)))
    stage.screen.event(as_line(stage.trail.newest("RegisterFactor", since=began)))
    return Enrolled(PERSON, password, authenticator)


def sign_in(stage: Stage, browser: Browser, person: Enrolled) -> Page:
    """Both factors, in a fresh browser; the portal."""
    began = _now()
    form = browser.open("/signin").form(to="/signin")
    second = browser.send(form, username=person.user_name, password=person.password)
    stage.screen.asked("POST /signin username, password\nPOST /signin/code code", by="Maria's browser")
    code = person.authenticator.next_code()
    portal = browser.send(second.form(to="/signin/code"), code=code)
    stage.screen.answered(f"{second.heading} → {portal.heading}")
    stage.screen.event(as_line(stage.trail.newest("SignIn", since=began)))
    return portal


def take_credentials(stage: Stage, browser: Browser, portal: Page) -> Keys:
    """The portal's button for her role."""
    began = _now()
    form = portal.form(to="/portal/credentials/")
    stage.screen.asked(f"POST {form.action}", by="Maria's browser")
    shown = browser.send(form)
    issued = json.loads(shown.text("#json"))
    record = stage.trail.newest("GetRoleCredentials", since=began)
    tags = ", ".join(record["additionalEventData"].get("tagKeys", [])) or "none"
    stage.screen.answered(f"{issued['AccessKeyId']}, until {issued['Expiration']}, tags from her attributes: {tags}")
    stage.screen.event(as_line(record))
    return Keys.of("Maria", issued)


def read_by_tag(stage: Stage, keys: Keys) -> None:
    """One permission set for all teams: her tag must be the secret's."""
    stage.screen.say("Her role's policy names no team: it asks that the secret's tag be the same as her own.")
    answer = stage.door.ask(keys, "secretsmanager", "get_secret_value", SecretId=OWN_SECRET)
    stage.screen.answered(f"a value of {len(answer['SecretString'])} characters, {answer['ARN']}")
    tell_event(stage, "GetSecretValue", answer)
    refusal = stage.door.ask_in_vain(keys, "secretsmanager", "get_secret_value", SecretId=FOREIGN_SECRET)
    stage.screen.refused(str(refusal))
    tell_event(stage, "GetSecretValue", refusal)


def move(stage: Stage, old: Keys) -> None:
    """`ostiary apply` of the file in which her group and team are others; what she held ends."""
    began = _now()
    stage.screen.say("Maria moves to another team: two lines of the organization's file change, and it is applied.")
    text = stage.place.organization.read_text(encoding="utf-8")
    stage.place.organization.write_text(text.replace(_BEFORE, _AFTER, 1), encoding="utf-8")
    said = stage.ask_command("apply", str(stage.place.organization), "--data", str(stage.place.data))
    seconds = _wait_until_ended(stage, old)
    after = "at once" if seconds < _AT_ONCE else f"within {seconds:.1f} s"
    stage.screen.answered(f"{said.strip()}\nwhat she held from before has ended, {after}")
    stage.screen.event(as_line(stage.trail.newest("ApplyOrganization", since=began)))


def read_after_move(stage: Stage, old: Keys, person: Enrolled) -> None:
    """What she got before the move has ended; what she gets now carries the new tag."""
    stage.screen.say("The credentials from before the move open nothing any more:")
    refusal = stage.door.ask_in_vain(old, "secretsmanager", "get_secret_value", SecretId=OWN_SECRET)
    stage.screen.refused(str(refusal))
    tell_event(stage, "AuthenticateRequest", refusal)
    stage.screen.say("She signs in again: the same role, now with the new tag, opens the new team's secret.")
    with closing(Browser(stage.base_url)) as browser:
        keys = take_credentials(stage, browser, sign_in(stage, browser, person))
    answer = stage.door.ask(keys, "secretsmanager", "get_secret_value", SecretId=FOREIGN_SECRET)
    stage.screen.answered(f"a value of {len(answer['SecretString'])} characters, {answer['ARN']}")
    tell_event(stage, "GetSecretValue", answer)
    refusal = stage.door.ask_in_vain(keys, "secretsmanager", "get_secret_value", SecretId=OWN_SECRET)
    stage.screen.refused(str(refusal))
    tell_event(stage, "GetSecretValue", refusal)


def _wait_until_ended(stage: Stage, keys: Keys) -> float:
    """How long the credentials were still good. Raises TourFailed when they do not end."""
    began = time.monotonic()
    while time.monotonic() < began + _END_SECONDS:
        try:
            stage.door.call(keys, "sts", "get_caller_identity")
        except ClientError:
            return time.monotonic() - began
        time.sleep(0.1)
    raise TourFailed(f"credentials from before the move were still good after {_END_SECONDS} s")


def _now() -> datetime:
    return datetime.fromtimestamp(clock.now(), UTC)
