"""May the application ask this, and may the subject do it? Both are asked of the one authorizer.

The subject is asked about as if it stood here itself, with nothing proved but who it is. Who acts in several roles may
do what one of them may, as at the portal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from ostiary.domain.access.authorizer import Authorizer
from ostiary.domain.access.errors import AccessDenied
from ostiary.domain.access.index import AccessIndex
from ostiary.domain.access.standing import Standing, Standings
from ostiary.domain.audit.caller import Caller, CallerKind
from ostiary.policy import ContextValue, Decision
from ostiary.protocols.authzen.entities import Entity, Question
from ostiary.protocols.authzen.resources import Known, Resources, ResourceSlice
from ostiary.protocols.authzen.stated import service_of, stated_in
from ostiary.protocols.authzen.subjects import Subjects, SubjectSlice, SubjectType

# What only a role's trust policy gives. Those for outside identities are nobody's whom a question can name.
_ENTERING = frozenset({"assumerole", "tagsession", "setsourceidentity"})
_ENTERING_FROM_OUTSIDE = frozenset({"assumerolewithwebidentity", "assumerolewithsaml", "assumeroot"})
_MAY_ENTER = frozenset({CallerKind.ROLE_SESSION, CallerKind.IAM_USER})


class QuestionSlice(SubjectSlice, ResourceSlice, Protocol): ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is for those alone who may see it."""

    allowed: bool
    reason: str


class Decisions:
    """All questions of one request, on one view of what is kept."""

    def __init__(
        self, tx: QuestionSlice, index: AccessIndex, *, standings: Standings, authorizer: Authorizer, asker: Caller
    ) -> None:
        self._authorizer = authorizer
        self._asker = asker
        self._known: dict[tuple[str, str], tuple[Standing, ...]] = {}
        self.resources = Resources(tx, index, asker)
        self.subjects = Subjects(tx, index, standings, asker)

    def service_of(self, question: Question) -> str:
        """Raises MalformedQuestion."""
        return service_of(question.action, self._asker.name)

    def check_asker(self, action: str, resource: Known) -> None:
        """Raises AccessDenied unless the application's policies let it ask about this resource."""
        decision = self._ask_for_asker(action, resource)
        if not decision.allowed:
            reason = _as_named(decision.reason, resource)
            raise AccessDenied(replace(decision, reason=reason), operator_text=decision.reason)

    def asker_may(self, action: str, resource: Known) -> bool:
        return self._ask_for_asker(action, resource).allowed

    def decide(self, question: Question, resource: Known) -> Verdict:
        """Raises MalformedQuestion for a condition key that may not be stated."""
        stated = stated_in(question, request_id=self._asker.origin.request_id)
        # ORDER: what the server knows of the resource comes last, so that nothing stated stands for it.
        context = {**stated.keys, **resource.claims, **resource.keys}
        action = f"{self.service_of(question)}:{question.action.verb}"
        reason = ""
        for standing in self._standings(question.subject):
            caller = replace(standing.caller, origin=stated.origin)
            decision = self._decide_one(caller, question.subject, action, resource, context)
            # Who is asked about is shown as the application calls it: its roles are the policies' business.
            reason = _as_named(decision.reason, resource).replace(caller.arn, question.subject.id)
            if decision.allowed:
                return Verdict(True, reason)
        return Verdict(False, reason or _unknown(question.subject, action, resource))

    def literal_actions(self, subject: Entity, service: str) -> set[str]:
        """The actions of a service that the subject's own policies call by name; whether they allow is not said."""
        return {
            verb
            for standing in self._standings(subject)
            for policy in standing.policies.identity
            for statement in policy.statements
            for prefix, _, verb in (text.partition(":") for text in statement.actions.texts)
            if prefix.lower() == service and not set("*?") & set(verb)
        }

    def _standings(self, subject: Entity) -> tuple[Standing, ...]:
        who = (subject.type, subject.id)
        if who not in self._known:
            self._known[who] = self.subjects.standings(subject)
        return self._known[who]

    def _decide_one(
        self, caller: Caller, subject: Entity, action: str, resource: Known, context: Mapping[str, ContextValue]
    ) -> Decision:
        service, _, verb = action.partition(":")
        if service == "sts" and verb.lower() in _ENTERING | _ENTERING_FROM_OUTSIDE:
            return self._decide_entering(caller, subject, action, resource, context)
        return self._authorizer.decide(caller, action, resource.arn, resource_account=resource.account, context=context)

    def _decide_entering(
        self, caller: Caller, subject: Entity, action: str, resource: Known, context: Mapping[str, ContextValue]
    ) -> Decision:
        """A person enters roles at the portal alone, and whoever has no keys to sign with enters none."""
        verb = action.partition(":")[2].lower()
        may_enter = caller.kind in _MAY_ENTER and subject.type in {SubjectType.ROLE, SubjectType.IAM_USER}
        if verb not in _ENTERING or resource.role is None or not may_enter:
            return Decision(False, _unknown(subject, action, resource), None, (), ())
        try:
            return self._authorizer.authorize_assume(caller, [action], resource.role, context=context)
        except AccessDenied as refusal:
            return refusal.decision

    def _ask_for_asker(self, action: str, resource: Known) -> Decision:
        # INVARIANT: claims have no part in this, or an application could tag its way to any resource.
        return self._authorizer.decide(
            self._asker, action, resource.arn, resource_account=resource.account, context=resource.keys
        )


def _unknown(subject: Entity, action: str, resource: Known) -> str:
    """The sentence for somebody who has no policies: it does not tell whether there is such a subject."""
    return _as_named(
        f"User: {subject.id} is not authorized to perform: {action} on resource: {resource.arn}"
        f" because no identity-based policy allows the {action} action",
        resource,
    )


def _as_named(reason: str, resource: Known) -> str:
    # INVARIANT: the end of a secret's ARN is random, and would tell that the secret exists.
    return reason.replace(f"on resource: {resource.arn}", f"on resource: {resource.named or resource.arn}")
