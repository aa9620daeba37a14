"""Do the actions of a policy exist?

Only the services behind Ostiary's doors are known. Policies may speak of others, which ask through AuthZEN: of those
nothing is said, unless the prefix looks like a known one that was mistyped.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice

from ostiary.policy.casing import lower_ascii
from ostiary.policy.language.document import shown
from ostiary.policy.language.template import Wildcards, compile_template
from ostiary.policy.registry.actions import ServiceActions, all_services, find_service
from ostiary.policy.validation.outline import Outline
from ostiary.policy.validation.redundancy import covered
from ostiary.policy.validation.source import Place
from ostiary.policy.validation.vocabulary import Code, Finding, finding

_WILD_SERVICE = re.compile(r"[^:]*[*?][^:]*:.+", re.ASCII)
_ACTION = re.compile(r"([A-Za-z0-9-]{1,64}):([A-Za-z0-9_*?-]{1,192})", re.ASCII)
_MAX_FINDINGS = 100
_SURELY_MEANT, _LIKELY_MEANT = 8, 5
"""How long a prefix must be for two mistakes in it, or for one, to be taken for a mistake."""


def action_findings(outline: Outline) -> Iterator[Finding]:
    yield from islice(_unknown_actions(outline), _MAX_FINDINGS)
    yield from islice(_any_services(outline), _MAX_FINDINGS)
    for statement in outline.statements:
        for place, by in covered(statement.actions, Wildcards.TEXT, as_compared=lower_ascii):
            details = f"`{shown(place.text)}` is covered by `{shown(by.text)}`; remove it"
            yield finding(Code.REDUNDANT_ACTION, details, place.location, by.location)


def _unknown_actions(outline: Outline) -> Iterator[Finding]:
    for statement in outline.statements:
        for place in statement.actions:
            found = _ACTION.fullmatch(place.text)
            if found is None:
                continue
            service = find_service(found[1])
            if service is None:
                yield from _mistyped_service(place, lower_ascii(found[1]))
            elif not _exists(service, lower_ascii(found[2])):
                yield _unknown_action(place, service, found[2])


def _any_services(outline: Outline) -> Iterator[Finding]:
    for statement in outline.statements:
        for place in statement.actions:
            if _WILD_SERVICE.fullmatch(place.text):
                details = f"`{shown(place.text)}` speaks of services that may come yet; name the service"
                yield finding(Code.WILDCARD_IN_SERVICE_NAME, details, place.location)


def _exists(service: ServiceActions, name: str) -> bool:
    if "*" not in name and "?" not in name:
        return name in service.actions
    pattern = compile_template(name, "", variables=False, wildcards=Wildcards.TEXT).fixed
    return pattern is not None and any(map(pattern.matches, service.actions))


def _unknown_action(place: Place, service: ServiceActions, name: str) -> Finding:
    if "*" in name or "?" in name:
        details = f"`{shown(place.text)}` names no action of {service.prefix}"
        return finding(Code.INVALID_ACTION, details, place.location)
    close = get_close_matches(lower_ascii(name)[:64], service.actions, n=1, cutoff=0.75)
    hint = f"; did you mean `{service.prefix}:{service.actions[close[0]].name}`?" if close else ""
    return finding(
        Code.INVALID_ACTION, f"`{shown(place.text)}` is not an action of {service.prefix}{hint}", place.location
    )


def _mistyped_service(place: Place, prefix: str) -> Iterator[Finding]:
    for service in all_services():
        if _is_mistyped(prefix, service.prefix):
            details = f"`{shown(prefix)}` is not a known service; did you mean `{service.prefix}`?"
            yield finding(Code.INVALID_SERVICE_IN_ACTION, details, place.part(0, len(prefix)))
            return


def _is_mistyped(written: str, known: str) -> bool:
    """Whether somebody who meant `known` may have written this.

    Short prefixes lie close together (sns, sqs, sso, sts): of those only two letters that changed places are noticed.
    """
    if len(known) >= _LIKELY_MEANT:
        allowed = 2 if len(known) >= _SURELY_MEANT else 1
        return abs(len(written) - len(known)) <= allowed and _distance(written, known) <= allowed
    return sorted(written) == sorted(known) and sum(a != b for a, b in zip(written, known, strict=True)) == 2  # noqa: PLR2004 - the two that changed places


def _distance(one: str, other: str) -> int:
    """Levenshtein's."""
    row = list(range(len(other) + 1))
    for count, letter in enumerate(one, 1):
        previous, row[0] = row[0], count
        for at, wanted in enumerate(other, 1):
            previous, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, previous + (letter != wanted))
    return row[-1]
