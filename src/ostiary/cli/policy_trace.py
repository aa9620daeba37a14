"""How is a decision told to somebody who must understand it at three in the morning?

The verdict first, then layer by layer each statement: applied, or on what it did not. Nothing of a policy, a tag or a
name reaches a terminal unescaped.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from ostiary.cli.policy_report import visible, write_ascii_json
from ostiary.domain.access.context_keys import spelled
from ostiary.domain.audit.caller import CallerKind
from ostiary.domain.posture.explanation import Explanation, Reason
from ostiary.policy import ContextValue, Effect, Layer, Miss, Policy, TraceEntry
from ostiary.policy.language.conditions import Condition
from ostiary.policy.language.statement import Statement
from ostiary.policy.reach.answer import Verdict

_LAYERS: Mapping[Layer, str] = MappingProxyType(
    {
        Layer.RESOURCE_CONTROL: "resource control policies",
        Layer.SERVICE_CONTROL: "service control policies",
        Layer.RESOURCE: "resource policy",
        Layer.TRUST: "trust policy of the role",
        Layer.IDENTITY: "identity policies",
        Layer.BOUNDARY: "permissions boundary",
        Layer.SESSION: "session policies",
    }
)
_VERDICTS: Mapping[Verdict, str] = MappingProxyType(
    {Verdict.YES: "allowed", Verdict.NO: "denied", Verdict.IF: "cannot tell"}
)
_MOST_SHOWN: Final = 3
_LONGEST: Final = 160
_LONGEST_CONDITION: Final = 600


def write_explanation(explanation: Explanation) -> None:
    for line in _lines(explanation):
        text = visible(line)
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def write_explanation_json(explanation: Explanation) -> None:
    question = explanation.question
    write_ascii_json(
        {
            "verdict": _VERDICTS[explanation.verdict],
            "caller": question.name,
            "action": question.action,
            "resource": question.resource,
            "refusal": explanation.refusal or None,
            "broken": list(explanation.broken),
            "notes": list(explanation.notes),
            "standings": [_reason_json(reason) for reason in explanation.reasons],
        }
    )


# --- for people -------------------------------------------------------------------------------------------------------


def _lines(explanation: Explanation) -> Iterator[str]:
    verdict = _VERDICTS[explanation.verdict]
    if explanation.refusal:
        yield f"{verdict}: {explanation.refusal}"
    elif len(explanation.reasons) == 1:
        yield f"{verdict}: {_sentence(explanation.reasons[0])}"
    else:
        yield f"{verdict}: {_summary(explanation)}"
    for broken in explanation.broken:
        yield f"  out of force: {broken}"
    for note in explanation.notes:
        yield f"  note: {note}"
    for reason in sorted(explanation.reasons, key=lambda one: _distance(explanation, one)):
        yield ""
        yield f"as {reason.standing.principal.arn}: {_VERDICTS[reason.verdict]}"
        if len(explanation.reasons) > 1:
            yield f"  {_sentence(reason)}"
        yield from _details(reason)


def _distance(explanation: Explanation, reason: Reason) -> tuple[bool, bool, bool]:
    """From what is looked for: first those that made the verdict; she herself, who has no AWS policies, last."""
    herself = reason.standing.caller.kind is CallerKind.PERSON
    return reason.verdict is not explanation.verdict, herself, not reason.is_kept


def _summary(explanation: Explanation) -> str:
    question = explanation.question
    ways = [reason for reason in explanation.reasons if reason.verdict is explanation.verdict]
    if explanation.verdict is Verdict.NO:
        return f"none of the {len(explanation.reasons)} ways in which {question.name} acts allows {question.action}"
    others = f" and {len(ways) - 1} more" if len(ways) > 1 else ""
    way = f"{question.name}, as {ways[0].standing.principal.arn}{others}"
    if explanation.verdict is Verdict.YES:
        return f"{way}, may do {question.action}"
    return f"whether {way}, may do {question.action} depends on what only a request tells"


def _sentence(reason: Reason) -> str:
    if reason.rule:
        return reason.rule
    if reason.verdict is Verdict.IF:
        return f"it depends on what only a request tells; without any of it: {reason.decision.reason}"
    return reason.decision.reason


def _details(reason: Reason) -> Iterator[str]:
    yield f"  about {reason.request.resource}"
    if reason.verdict is Verdict.IF:
        yield f"  allowed when: {_cut(str(reason.answer.condition), _LONGEST_CONDITION)}"
    for layer, entries in _by_layer(reason).items():
        yield f"  {_LAYERS[layer]}: {_state(reason, layer, entries)}"
        for entry in entries:
            yield from _entry(reason, entry)
    for note in reason.notes:
        yield f"  note: {note}"
    absent = [spelled(key) for key in reason.decision.missing_keys if key not in reason.open_keys]
    if absent:
        yield f"  no such request has {', '.join(absent)}"
    if reason.open_keys:
        keys = ", ".join(map(spelled, reason.open_keys))
        yield f"  not known of the request: {keys}; say what it has with --context KEY=VALUE"


def _by_layer(reason: Reason) -> dict[Layer, list[TraceEntry]]:
    """The layers that were looked at, in the order of evaluation, also one without any statement."""
    found: dict[Layer, list[TraceEntry]] = {}
    for entry in reason.entries:
        found.setdefault(entry.layer, []).append(entry)
    for layer in reason.decision.silent:
        found.setdefault(layer, [])
    return {layer: found[layer] for layer in _LAYERS if layer in found}


def _state(reason: Reason, layer: Layer, entries: Sequence[TraceEntry]) -> str:
    if any(entry.missed is None and entry.effect is Effect.DENY for entry in entries):
        return "DENY"
    if layer in reason.decision.silent:
        return "silent: no statement allows it" if entries else "silent: there is none"
    return "allow"


def _entry(reason: Reason, entry: TraceEntry) -> Iterator[str]:
    statement = _statement(reason, entry)
    name = f"{entry.policy_id} Statement[{entry.index}]"
    if entry.sid:
        name += f" `{entry.sid}`"
    if entry.missed is None:
        yield f"    + {name} {entry.effect} applies"
        return
    yield f"    - {name} {entry.effect} does not apply: {_miss(reason, entry, statement)}"
    if entry.condition is not None:
        for key in entry.condition.keys:
            yield f"        {spelled(key, _written(entry.condition, key))} = {_shown(reason.request.context.get(key))}"


def _miss(reason: Reason, entry: TraceEntry, statement: Statement | None) -> str:
    match entry.missed:
        case Miss.ACTION:
            return (
                f"its actions are {_list(statement.actions.texts, negated=statement.actions.negated)}"
                if statement
                else "action"
            )
        case Miss.RESOURCE:
            resources = statement.resources if statement else None
            return f"its resources are {_list(resources.texts, negated=resources.negated)}" if resources else "resource"
        case Miss.PRINCIPAL:
            return f"it speaks of others than {reason.request.principal.role_arn or reason.request.principal.arn}"
        case _:
            return f"its condition does not hold: {_condition(entry.condition)}"


def _condition(condition: Condition | None) -> str:
    if condition is None:
        return "condition"
    return f"{condition.name} {condition.written_key} wants {_list(condition.values)}"


def _written(condition: Condition, key: str) -> str:
    return condition.written_key if key == condition.key else key


def _statement(reason: Reason, entry: TraceEntry) -> Statement | None:
    """What the trace names, for its texts."""
    for policy in _policies(reason, entry.layer):
        if policy.policy_id == entry.policy_id and entry.index < len(policy.statements):
            return policy.statements[entry.index]
    return None


def _policies(reason: Reason, layer: Layer) -> Iterator[Policy]:
    policies = reason.policies
    match layer:
        case Layer.SERVICE_CONTROL:
            for level in policies.service_controls:
                yield from level
        case Layer.RESOURCE_CONTROL:
            for level in policies.resource_controls:
                yield from level
        case Layer.IDENTITY:
            yield from policies.identity
        case Layer.SESSION:
            yield from policies.session or ()
        case Layer.BOUNDARY | Layer.TRUST | Layer.RESOURCE:
            alone = {
                Layer.BOUNDARY: policies.boundary,
                Layer.TRUST: reason.trust,
                Layer.RESOURCE: policies.resource,
            }[layer]
            if alone is not None:
                yield alone


def _list(texts: Sequence[str], *, negated: bool = False) -> str:
    shown = ", ".join(_cut(text, _LONGEST) for text in texts[:_MOST_SHOWN])
    more = f" and {len(texts) - _MOST_SHOWN} more" if len(texts) > _MOST_SHOWN else ""
    return f"{'all but ' if negated else ''}{shown}{more}"


def _shown(value: ContextValue | None) -> str:
    if value is None or value == ():
        return "missing"
    return _cut(value, _LONGEST) if isinstance(value, str) else f"[{_list(value)}]"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


# --- for programs -----------------------------------------------------------------------------------------------------


def _reason_json(reason: Reason) -> dict[str, Any]:
    request, decision = reason.request, reason.decision
    return {
        "principal": request.principal.arn,
        "resource": request.resource,
        "verdict": _VERDICTS[reason.verdict],
        "reason": _sentence(reason),
        "notes": list(reason.notes),
        "allowedWhen": str(reason.answer.condition) if reason.verdict is Verdict.IF else None,
        "silentLayers": [layer.value for layer in decision.silent],
        "missingContextKeys": [spelled(key) for key in decision.missing_keys],
        "openContextKeys": [spelled(key) for key in reason.open_keys],
        "statements": [_entry_json(reason, entry) for entry in reason.entries],
    }


def _entry_json(reason: Reason, entry: TraceEntry) -> dict[str, Any]:
    return {
        "layer": entry.layer.value,
        "policy": entry.policy_id,
        "index": entry.index,
        "sid": entry.sid,
        "effect": entry.effect.value,
        "applied": entry.missed is None,
        "missed": None if entry.missed is None else entry.missed.value,
        "condition": None if entry.condition is None else _condition_json(reason, entry.condition),
    }


def _condition_json(reason: Reason, condition: Condition) -> dict[str, Any]:
    return {
        "operator": condition.name,
        "key": condition.written_key,
        "wanted": list(condition.values),
        "values": {spelled(key, _written(condition, key)): reason.request.context.get(key) for key in condition.keys},
    }
