"""What does an application want when it sends a person here, and may it ask that?

RFC 6749 section 4.1.1, OpenID Connect Core 1.0 section 3.1.2, RFC 7636, RFC 8707, RFC 9101 (refused), RFC 9700. First
who asks and where the answer would go; until both are sure, nobody is sent anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ostiary.domain.applications.index import ApplicationIndex
from ostiary.domain.applications.model import Application, ApplicationKind
from ostiary.domain.applications.redirect_uris import is_registered
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.tokens import errors
from ostiary.domain.tokens.id_token import Hint
from ostiary.domain.tokens.pkce import METHOD, is_challenge
from ostiary.domain.tokens.requested_scopes import ScopesRefused, check_subset, parse_scopes
from ostiary.protocols.oidc.asked_assurance import AskedAssurance, load_assurance

Fields = Mapping[str, str]
ReadHint = Callable[[str], Hint]
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_MAX_NONCE = 512
_MAX_AGE = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class AnswerTo:
    """A verified client and a redirect URI of its own: only there does an answer go."""

    application: Application
    redirect_uri: str
    state: str


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """`hint` is the sign-in that the application believes to be going on."""

    answer_to: AnswerTo
    scopes: tuple[str, ...]
    code_challenge: str
    nonce: str
    prompts: frozenset[str]
    max_age: timedelta | None
    hint: Hint | None
    asked: AskedAssurance

    def wants_fresh_proof(self, person: SignedIn, *, asked_at: datetime | None, now: datetime) -> bool:
        """Whether the person must sign in anew; `asked_at` is when this very request asked her the last time."""
        authenticated_at = person.session.authenticated_at
        if asked_at is not None and authenticated_at > asked_at:
            return False
        if self.prompts & {"login", "select_account"}:
            return True
        return self.max_age is not None and now - authenticated_at >= self.max_age


def find_answer_to(fields: Fields, applications: ApplicationIndex) -> AnswerTo:
    """Raises ClientUnverified."""
    registered = applications.registered(fields.get("client_id", ""))
    if registered is None or registered.application.kind is ApplicationKind.MACHINE:
        raise errors.ClientUnverified(
            "the application that sent you here is not known",
            operator_text=f"no application for people `{fields.get('client_id', '')[:100]}`",
        )
    redirect_uri = fields.get("redirect_uri", "")
    if not is_registered(registered.application, redirect_uri):
        raise errors.ClientUnverified(
            "the application that sent you here wants the answer at an address that is not its own",
            operator_text=f"`{registered.application.client_id}` has no redirect URI `{redirect_uri[:200]}`",
        )
    return AnswerTo(registered.application, redirect_uri, fields.get("state", ""))


def read_request(fields: Fields, answer_to: AnswerTo, read_hint: ReadHint) -> AuthorizationRequest:
    """Raises AuthorizationRefused, for the client to hear at its redirect URI."""
    reject_request_objects(fields)
    check_response_type(fields)
    check_response_mode(fields)
    check_resource(fields, answer_to.application)
    return AuthorizationRequest(
        answer_to=answer_to,
        code_challenge=load_code_challenge(fields),
        scopes=load_scopes(fields, answer_to.application),
        nonce=load_nonce(fields),
        prompts=load_prompts(fields),
        max_age=load_max_age(fields),
        hint=load_hint(fields, answer_to.application, read_hint),
        asked=load_assurance(fields),
    )


def reject_request_objects(fields: Fields) -> None:
    if fields.get("request"):
        raise errors.RequestNotSupported("send the parameters as they are: request objects are not supported")
    if fields.get("request_uri"):
        raise errors.RequestUriNotSupported("send the parameters as they are: request objects are not supported")
    if fields.get("registration"):
        raise errors.RegistrationNotSupported("an administrator registers applications")


def check_response_type(fields: Fields) -> None:
    response_type = fields.get("response_type", "")
    if not response_type:
        raise errors.InvalidAuthorizationRequest("the parameter `response_type` is missing: use `code`")
    if response_type != "code":
        raise errors.UnsupportedResponseType("the only response type is `code`")


def check_response_mode(fields: Fields) -> None:
    if fields.get("response_mode", "query") not in {"query", ""}:
        raise errors.InvalidAuthorizationRequest("the only response mode is `query`")


def check_resource(fields: Fields, application: Application) -> None:
    if fields.get("resource", "") not in {"", application.audience}:
        raise errors.InvalidAuthorizationTarget(
            "`resource` is not what this application's tokens are for: leave it out"
        )


def load_code_challenge(fields: Fields) -> str:
    """PKCE is for every client, also a confidential one, and never `plain` (RFC 9700 section 2.1.1)."""
    if fields.get("code_challenge_method", "") != METHOD:
        raise errors.InvalidAuthorizationRequest("PKCE is required: send `code_challenge_method=S256`")
    challenge = fields.get("code_challenge", "")
    if not is_challenge(challenge):
        raise errors.InvalidAuthorizationRequest(
            "`code_challenge` must be the SHA-256 of the verifier in base64url without padding"
        )
    return challenge


def load_scopes(fields: Fields, application: Application) -> tuple[str, ...]:
    asked = fields.get("scope", "")
    if not asked:
        raise errors.InvalidAuthorizationScope("the parameter `scope` is missing: ask for `openid` at least")
    try:
        scopes = parse_scopes(asked)
        check_subset(scopes, application.scopes)
    except ScopesRefused as refused:
        raise errors.InvalidAuthorizationScope(str(refused)) from None
    return scopes


def load_nonce(fields: Fields) -> str:
    nonce = fields.get("nonce", "")
    if len(nonce) > _MAX_NONCE:
        raise errors.InvalidAuthorizationRequest(f"`nonce` has more than {_MAX_NONCE} characters")
    return nonce


def load_prompts(fields: Fields) -> frozenset[str]:
    """`consent` asks anew where the registration wants the person's agreement, and nothing elsewhere."""
    prompts = frozenset(fields.get("prompt", "").split())
    if not prompts <= PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise errors.InvalidAuthorizationRequest("`prompt` is `none` alone, or some of login, consent, select_account")
    return prompts


def load_max_age(fields: Fields) -> timedelta | None:
    text = fields.get("max_age", "")
    if not text:
        return None
    if not _MAX_AGE.fullmatch(text):
        raise errors.InvalidAuthorizationRequest("`max_age` is a number of seconds")
    return timedelta(seconds=int(text))


def load_hint(fields: Fields, application: Application, read_hint: ReadHint) -> Hint | None:
    """OpenID Connect Core 1.0 section 3.1.2.1: an ID token that this application got from us."""
    token = fields.get("id_token_hint", "")
    if not token:
        return None
    hint = read_hint(token)
    if hint.client_id != application.client_id:
        raise errors.InvalidAuthorizationRequest("`id_token_hint` is of another application")
    return hint
