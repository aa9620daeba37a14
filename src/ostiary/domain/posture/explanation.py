"""Why may, or may not, somebody who is named do this to that resource, as things stand now?

The same policies, tags and evaluator as for a real request. For each way in which the caller stands: the decision with
its trace, as far as is known, and what it depends on beyond that, because only a real request or session tells it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from ostiary.domain.access.conditions import resource_context_of, with_tags_of
from ostiary.domain.access.errors import InvalidSimulation, PrincipalOutOfForce
from ostiary.domain.access.in_force import guardrails_on
from ostiary.domain.access.index import AccessIndex, RoleEntry
from ostiary.domain.access.simulation_inputs import check_action, check_resource
from ostiary.domain.access.standing import Found, Standing, Standings
from ostiary.domain.audit.caller import Caller, CallerKind
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.posture.question_notes import notes_on_question
from ostiary.domain.secrets.errors import InvalidSecretName
from ostiary.domain.secrets.gate import secret_keys
from ostiary.domain.secrets.model import AWSCURRENT, Secret
from ostiary.domain.secrets.naming import SecretReference, reference
from ostiary.domain.secrets.ports import SecretSlice
from ostiary.kit import arn
from ostiary.kit.clock import Clock, iso
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions
from ostiary.policy import (
    Context,
    ContextValue,
    Decision,
    Policy,
    PolicySet,
    Request,
    Trace,
    TraceEntry,
    decide,
    decide_assume,
)
from ostiary.policy.reach.answer import Answer, Verdict, may, may_assume
from ostiary.policy.registry.keys import KeySource, find_key

_SECRETS: Final = "secretsmanager:"
# Operations of these take no key from what they are about but the tags above.
_OWN_SERVICES: Final = ("iam:", "sts:", "ostiary:", "cloudtrail:", "secretsmanager:")
_ASSUMING: Final = frozenset({"sts:assumerole", "sts:tagsession", "sts:setsourceidentity"})
_NOT_BY_POLICIES_OF_A_CALLER: Final = {
    "sts:assumerolewithwebidentity": "the role's trust policy alone decides about it, and about an outside token",
    "sts:assumerolewithsaml": "the role's trust policy alone decides about it, and about an outside assertion",
    "sts:getcalleridentity": "whoever signs a request may do it, as in AWS",
    "sts:getaccesskeyinfo": "whoever signs a request may do it",
}
_OF_SESSIONS: Final = ("aws:userid", "aws:principaltag/", "ostiary:")
_EVERYTHING: Final = "*"
_SHOWN: Final = 200


class ExplanationSlice(SecretSlice, Protocol): ...


@dataclass(frozen=True, slots=True)
class Question:
    """`context` are keys that the operator says a request would have."""

    name: str
    action: str
    resource: str
    context: Mapping[str, ContextValue]


@dataclass(frozen=True, slots=True)
class Reason:
    """The answer for one standing.

    `decision` takes every key that is not known for absent; `answer` says whether another request could fare
    otherwise. `rule` is a refusal that is written in no policy, empty for none, and then decides alone. `policies` and
    `trust` are what was in force; `open_keys` are missing keys that a request could have; `notes` is what else one
    should know; `is_kept` is False where nothing is kept at Ostiary that the question is about.
    """

    standing: Standing
    request: Request
    policies: PolicySet
    trust: Policy | None
    decision: Decision
    answer: Answer
    entries: tuple[TraceEntry, ...]
    rule: str = ""
    open_keys: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_kept: bool = True

    @property
    def verdict(self) -> Verdict:
        return Verdict.NO if self.rule else self.answer.verdict


@dataclass(frozen=True, slots=True)
class Explanation:
    """`refusal` says why somebody may do nothing at all; `broken` which of her roles are of no use, and why.

    `notes` is what looks like a slip in the question itself.
    """

    question: Question
    reasons: tuple[Reason, ...]
    refusal: str = ""
    broken: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Whether any of the ways leads there."""
        verdicts = {reason.verdict for reason in self.reasons}
        return next((one for one in (Verdict.YES, Verdict.IF) if one in verdicts), Verdict.NO)


@dataclass(frozen=True, slots=True)
class _Resource:
    """`tags_known` is False for what Ostiary does not keep."""

    arn: str
    account: str
    context: Mapping[str, ContextValue]
    tags_known: bool
    role: RoleEntry | None = None
    notes: tuple[str, ...] = ()
    is_kept: bool = True


class Explanations:
    def __init__(
        self,
        *,
        index: Current[AccessIndex],
        standings: Standings,
        transactions: Transactions[ExplanationSlice],
        recorder: EventRecorder,
        clock: Clock,
    ) -> None:
        self._index = index
        self._standings = standings
        self._transactions = transactions
        self._recorder = recorder
        self._clock = clock

    def explain(self, asker: Caller, question: Question) -> Explanation:
        """Raises UnknownPrincipal, InvalidSimulation."""
        check_action(question.action)
        elsewhere = _NOT_BY_POLICIES_OF_A_CALLER.get(question.action.lower())
        if elsewhere is not None:
            raise InvalidSimulation(f"policies of a caller do not decide about {question.action}: {elsewhere}")
        if not question.action.lower().startswith(_SECRETS):
            check_resource(question.resource)
        explanation = self._explain(question)
        details = {"principal": question.name, "action": question.action, "verdict": explanation.verdict.value}
        # ORDER: as with every read, the event is durable before the answer is seen.
        self._recorder.record(
            event_of(
                asker,
                EventName.EXPLAIN_ACCESS,
                at=self._clock.now(),
                resources=[question.resource],
                details=details,
            )
        )
        return explanation

    def _explain(self, question: Question) -> Explanation:
        slips = notes_on_question(question.action, question.context)
        try:
            found = self._standings.find(question.name)
        except PrincipalOutOfForce as refusal:
            return Explanation(question, (), refusal=refusal.client_text, broken=_detail(refusal), notes=slips)
        index, now = self._index.value, self._clock.now()
        with self._transactions.read() as tx:
            resources = [_load_resource(tx, index, standing.caller, question) for standing in found.standings]
        reasons = tuple(
            _reason(index, standing, resource, question, now=now, from_portal=_is_from_portal(found, standing))
            for standing, resource in zip(found.standings, resources, strict=True)
        )
        return Explanation(question, reasons, broken=found.broken, notes=slips)


def _load_resource(tx: ExplanationSlice, index: AccessIndex, caller: Caller, question: Question) -> _Resource:
    """With the keys that Ostiary's own operations load: tags of a secret, and of a role that is to be assumed."""
    given, action = question.resource, question.action.lower()
    if given == _EVERYTHING:
        return _Resource(given, caller.account, {}, tags_known=True)
    if action.startswith(_SECRETS):
        return _load_secret(tx, caller, given)
    role = index.role(given) if action in _ASSUMING else None
    if role is not None:
        return _Resource(given, role.role.account, with_tags_of(role.role, {}), tags_known=True, role=role)
    kept_here = action.startswith(_OWN_SERVICES)
    return _Resource(given, arn.parse(given).account or caller.account, {}, tags_known=kept_here)


def _load_secret(tx: ExplanationSlice, caller: Caller, given: str) -> _Resource:
    named = _named_secret(given, caller)
    secret = tx.secrets.secret(named.account, named.given) if named.account == caller.account else None
    keys = secret_keys(named, secret)
    if secret is None:
        note = f"no such secret is kept in account {named.account} now"
        return _Resource(named.arn_if_absent, named.account, keys, tags_known=True, notes=(note,), is_kept=False)
    return _Resource(secret.arn, named.account, keys, tags_known=True, notes=tuple(_notes_on_secret(tx, secret)))


def _named_secret(given: str, caller: Caller) -> SecretReference:
    try:
        return reference(given, caller)
    except InvalidSecretName:
        form = "arn:aws:secretsmanager:region:account:secret:name"
        raise InvalidSimulation(
            f"`{given[:_SHOWN]}` is neither the name nor the ARN of a secret, which has the form {form}; or `*`"
        ) from None


def _notes_on_secret(tx: ExplanationSlice, secret: Secret) -> Iterator[str]:
    """Why nothing is read although it is allowed."""
    if secret.deleted_at is not None:
        yield "the secret is marked for deletion: it is not read until RestoreSecret"
    elif not any(AWSCURRENT in one.stages for one in tx.secrets.version_facts([secret.arn])):
        yield "the secret has no value yet: it is not found until PutSecretValue"


def _reason(
    index: AccessIndex, standing: Standing, resource: _Resource, question: Question, *, now: datetime, from_portal: bool
) -> Reason:
    guardrails = guardrails_on(index, standing.caller, resource.account)
    policies = standing.policies.with_resource(None, guardrails.resource_controls)
    context = _context(index, standing, resource, question, now)
    request = Request(standing.principal, question.action, resource.arn, resource.account, context)
    assuming = question.action.lower() in _ASSUMING
    trust = resource.role.trust if resource.role is not None else None
    absent = _absent_keys(standing, resource, context, policies, trust)
    trace = Trace()
    if trust is None:
        decision, answer = decide(request, policies, trace=trace), may(request, policies, absent=absent)
    else:
        decision = decide_assume(request, trust, policies, trace=trace)
        answer = may_assume(request, trust, policies, absent=absent)
    rule = guardrails.resource_fault or _rule_about_assuming(resource, assuming=assuming, from_portal=from_portal)
    notes = (*resource.notes, *_notes_on_session(standing))
    open_keys = tuple(key for key in decision.missing_keys if key not in absent)
    entries, kept = tuple(trace.entries), resource.is_kept
    return Reason(standing, request, policies, trust, decision, answer, entries, rule, open_keys, notes, kept)


def _rule_about_assuming(resource: _Resource, *, assuming: bool, from_portal: bool) -> str:
    """What `sessions/role_assumption.py` refuses before or beside the policies."""
    if not assuming:
        return ""
    if resource.role is None:
        return f"there is no role `{resource.arn[:_SHOWN]}`"
    if from_portal:
        return "a session from the access portal cannot assume another role: the role is chosen in the portal"
    return resource.role.unusable


def _notes_on_session(standing: Standing) -> tuple[str, ...]:
    caller = standing.caller
    if caller.kind is not CallerKind.ROLE_SESSION or caller.source_identity:
        return ()
    return ("a session can have session policies, which allow less, and tags of its own: neither is known here",)


def _context(index: AccessIndex, standing: Standing, resource: _Resource, question: Question, now: datetime) -> Context:
    """What is known; what the operator says of the request comes last, and replaces all else."""
    context = Request.context_of(resource.context)
    context |= resource_context_of(resource.account, places=index)
    context |= standing.context
    context |= {"aws:currenttime": iso(now), "aws:epochtime": str(int(now.timestamp())), "aws:viaawsservice": "false"}
    context |= Request.context_of(question.context)
    return Request.context_of(context)


def _absent_keys(
    standing: Standing, resource: _Resource, context: Context, policies: PolicySet, trust: Policy | None
) -> list[str]:
    """The keys that no request of this standing about this resource can have; all others are open."""
    layers = [policies.identity, *policies.service_controls, *policies.resource_controls, policies.session or ()]
    alone = [one for one in (policies.boundary, trust) if one is not None]
    read = {key for layer in (*layers, alone) for policy in layer for one in policy.statements for key in one.keys}
    return [key for key in read if key not in context and not _is_open(key, standing, resource)]


def _is_open(key: str, standing: Standing, resource: _Resource) -> bool:
    known = find_key(key)
    if known is None or not known.supplied:
        return False
    match known.source:
        case KeySource.PRINCIPAL:
            # Sessions can have tags besides those of their role; a person's are all known.
            in_role = standing.caller.kind is CallerKind.ROLE_SESSION and not standing.caller.source_identity
            return in_role and key.startswith(_OF_SESSIONS)
        case KeySource.SESSION:
            return standing.caller.kind is not CallerKind.IAM_USER
        case KeySource.RESOURCE:
            return not resource.tags_known
        case _:
            return True


def _is_from_portal(found: Found, standing: Standing) -> bool:
    first = found.standings[0].caller
    return first.kind is CallerKind.PERSON and standing.caller.kind is CallerKind.ROLE_SESSION


def _detail(refusal: PrincipalOutOfForce) -> tuple[str, ...]:
    return (refusal.operator_text,) if refusal.operator_text != refusal.client_text else ()
