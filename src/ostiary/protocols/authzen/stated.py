"""Which condition keys may an application state about a request, and which does the server know better?

What it claims of subject, action, resource and context stands under `authzen:`, where nothing of the server's stands:
a policy that reads such a key says openly that it believes the application. Real keys may be stated in `context` only
when they belong to the request; a key of the principal, its session or the resource is refused, not overwritten, so
that nobody believes that it counted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from ostiary.domain.audit.caller import Door, Origin
from ostiary.policy import ContextValue
from ostiary.policy.registry.keys import KeySource, find_key
from ostiary.protocols.authzen.entities import Action, Properties, Question
from ostiary.protocols.authzen.strict_json import MalformedQuestion

PREFIX = "authzen"
_OWN_KEY = re.compile(r"([a-z0-9][a-z0-9-]{0,63}):[A-Za-z0-9][A-Za-z0-9_./+=@-]{0,127}", re.ASCII)
# Prefixes whose keys are the server's own or AWS's: one that the registry does not know is not known to be harmless.
_RESERVED = frozenset({"aws", "ostiary", PREFIX, "sts", "iam", "secretsmanager", "saml", "sso", "identitystore"})
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Stated:
    """`origin` is where the subject's request came from, as the application says; unknown is what it did not say."""

    origin: Origin
    keys: Mapping[str, ContextValue]


def stated_in(question: Question, *, request_id: str) -> Stated:
    """Raises MalformedQuestion for a key that the application may not state."""
    network: dict[str, ContextValue] = {}
    keys: dict[str, ContextValue] = {
        **_claims("SubjectProperty", question.subject.properties),
        **_claims("ActionProperty", question.action.properties),
        **_claims("ResourceProperty", question.resource.properties),
    }
    for name, value in question.context.items():
        lowered = name.lower()
        if ":" not in name:
            keys[f"{PREFIX}:Context/{name}"] = value
        elif lowered in _NETWORK:
            if lowered in network:
                raise MalformedQuestion(f"`context` has `{name[:_SHOWN]}` twice")
            network[lowered] = value
        else:
            _check_key(name)
            keys[name] = value
    return Stated(_origin(network, request_id), keys)


def claimed_tags(properties: Properties) -> dict[str, ContextValue]:
    """The tags of a resource that the house does not know, as the application says: only what is one text."""
    return {f"aws:ResourceTag/{name}": value for name, value in properties.items() if isinstance(value, str)}


def own_service_of(client_id: str) -> str:
    """The service that an application's own names belong to; empty when its id cannot be one."""
    name = client_id.lower()
    return name if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name, re.ASCII) else ""


def service_of(action: Action, client_id: str) -> str:
    """Raises MalformedQuestion for an action without service of an application whose id is no service's name."""
    service = action.service or own_service_of(client_id)
    if not service:
        raise MalformedQuestion("write `action.name` as `service:verb`: this application's id is no service's name")
    return service


def _claims(kind: str, properties: Properties) -> dict[str, ContextValue]:
    return {f"{PREFIX}:{kind}/{name}": value for name, value in properties.items()}


def _check_key(name: str) -> None:
    known = find_key(name)
    if known is not None and not name.lower().startswith(f"{PREFIX}:"):
        if known.source is KeySource.REQUEST and known.supplied:
            return
        raise MalformedQuestion(f"`{name[:_SHOWN]}` cannot be stated in `context`: the server knows it itself")
    own = _OWN_KEY.fullmatch(name)
    if own is None or own[1] in _RESERVED:
        raise MalformedQuestion(f"`{name[:_SHOWN]}` in `context` is not a condition key that a request may have")


def _origin(network: Mapping[str, ContextValue], request_id: str) -> Origin:
    texts = {name: _one_text(name, value) for name, value in network.items()}
    return Origin(
        Door.AUTHZEN,
        source_ip=_address(texts.get("aws:sourceip", "")),
        user_agent=texts.get("aws:useragent", ""),
        request_id=request_id,
        # What is not said is not so: a policy that wants TLS must be told of it.
        secure_transport=_boolean(texts.get("aws:securetransport", "false")),
        region=texts.get("aws:requestedregion", ""),
    )


_NETWORK = frozenset({"aws:sourceip", "aws:useragent", "aws:securetransport", "aws:requestedregion"})


def _one_text(name: str, value: ContextValue) -> str:
    if not isinstance(value, str):
        raise MalformedQuestion(f"`{name}` in `context` has one value")
    return value


def _address(text: str) -> str:
    if not text:
        return ""
    try:
        return str(ip_address(text))
    except ValueError:
        raise MalformedQuestion("`aws:SourceIp` in `context` is not an IP address") from None


def _boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise MalformedQuestion("`aws:SecureTransport` in `context` is not true or false")
    return text == "true"
