"""May she? One question, or many at once. Authorization API 1.0 sections 6 and 7."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from ostiary.domain.access.errors import AccessDenied
from ostiary.protocols.authzen.decisions import Decisions
from ostiary.protocols.authzen.entities import Question, ReadOnce, read_question, required_object
from ostiary.protocols.authzen.exchange import AccessEndpoint, Answer, Exchange
from ostiary.protocols.authzen.permissions import EXPLAIN, Operation
from ostiary.protocols.authzen.strict_json import Json, MalformedQuestion

MAX_EVALUATIONS = 200
_REFUSED = {"en": "You are not allowed to do this."}
# The members of an entity that the top level fills in when an evaluation leaves them out.
_REQUIRED = {"subject": ("type", "id"), "action": ("name",), "resource": ("type", "id")}
_FORBIDDEN, _BAD_REQUEST = 403, 400


class Semantic(StrEnum):
    EXECUTE_ALL = "execute_all"
    DENY_ON_FIRST_DENY = "deny_on_first_deny"
    PERMIT_ON_FIRST_PERMIT = "permit_on_first_permit"


# The decision after which nothing more is asked.
_LAST = {Semantic.DENY_ON_FIRST_DENY: False, Semantic.PERMIT_ON_FIRST_PERMIT: True}


class EvaluationEndpoint(AccessEndpoint):
    operation = Operation.EVALUATE

    def answer(self, exchange: Exchange, body: Json) -> Answer:
        question = read_question(body)
        with self.decisions(exchange) as decisions:
            return self.evaluate(exchange, decisions, question)

    def evaluate(self, exchange: Exchange, decisions: Decisions, question: Question) -> Answer:
        """Raises AccessDenied when the application may not ask this, MalformedQuestion."""
        service = decisions.service_of(question)
        resource = decisions.resources.find(question.resource, service)
        exchange.journal.note(
            resource=resource.arn, subject=question.subject, action=f"{service}:{question.action.verb}"
        )
        decisions.check_asker(self.permission.action, resource)
        verdict = decisions.decide(question, resource)
        exchange.journal.count("allowed" if verdict.allowed else "denied")
        told: dict[str, object] = {} if verdict.allowed else {"id": "denied", "reason_user": _REFUSED}
        if decisions.asker_may(EXPLAIN, resource):
            told |= {"id": "allowed" if verdict.allowed else "denied", "reason_admin": {"en": verdict.reason}}
        return {"decision": verdict.allowed, **({"context": told} if told else {})}


class EvaluationsEndpoint(EvaluationEndpoint):
    """Without `evaluations`, or with none of them, it is the single question (section 7.1)."""

    def answer(self, exchange: Exchange, body: Json) -> Answer:
        items, semantic = _items(body), _semantic(body)
        if not items:
            return super().answer(exchange, body)
        with self.decisions(exchange) as decisions:
            return {"evaluations": self._evaluate_all(exchange, decisions, body, items, semantic)}

    def _evaluate_all(
        self, exchange: Exchange, decisions: Decisions, body: Json, items: Sequence[object], semantic: Semantic
    ) -> list[Answer]:
        answers: list[Answer] = []
        refusals: list[AccessDenied] = []
        read = ReadOnce()
        for item in items:
            try:
                question = read_question(_with_defaults(item, body), read=read)
                answers.append(self.evaluate(exchange, decisions, question))
            except AccessDenied as refusal:
                refusals.append(refusal)
                exchange.journal.count("refused")
                answers.append(_error(_FORBIDDEN, "this application may not ask about this resource"))
            except MalformedQuestion as malformed:
                exchange.journal.count("malformed")
                answers.append(_error(_BAD_REQUEST, malformed.client_text))
            if answers[-1]["decision"] is _LAST.get(semantic):
                break
        if len(refusals) == len(answers):
            # Who may ask nothing of it is told so once, as with a single question.
            raise refusals[0]
        return answers


def _items(body: Json) -> Sequence[object]:
    items = body.get("evaluations", [])
    if not isinstance(items, list):
        raise MalformedQuestion("`evaluations` is not an array")
    if len(items) > MAX_EVALUATIONS:
        raise MalformedQuestion(f"`evaluations` has more than {MAX_EVALUATIONS} questions: ask them in parts")
    return items


def _semantic(body: Json) -> Semantic:
    options = required_object(body, "options") if "options" in body else {}
    given = options.get("evaluations_semantic", Semantic.EXECUTE_ALL)
    if not isinstance(given, str) or given not in set(Semantic):
        raise MalformedQuestion(f"`options.evaluations_semantic` is one of {', '.join(Semantic)}")
    return Semantic(given)


def _with_defaults(item: object, body: Json) -> Json:
    """An entity of an evaluation stands instead of the default, which only fills in a required member left out."""
    if not isinstance(item, dict):
        raise MalformedQuestion("an evaluation is not an object")
    filled = {name: body[name] for name in (*_REQUIRED, "context") if name in body} | item
    for name, members in _REQUIRED.items():
        own, default = item.get(name), body.get(name)
        if isinstance(own, dict) and isinstance(default, dict):
            filled[name] = {member: default[member] for member in members if member in default} | own
    return filled


def _error(status: int, message: str) -> Answer:
    return {"decision": False, "context": {"error": {"status": status, "message": message}}}
