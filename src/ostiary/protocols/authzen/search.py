"""Who may do this, what may she do it to, and what may she do? Authorization API 1.0 section 8.

Only a definite yes is an answer: what is found gives `true` when it is asked as an evaluation with the same context.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ostiary.domain.access.errors import AccessDenied
from ostiary.policy.registry.actions import find_service
from ostiary.protocols.authzen.decisions import Decisions
from ostiary.protocols.authzen.entities import Action, Entity, Properties, Question, read_action, read_entity
from ostiary.protocols.authzen.entities import read_properties as read_context
from ostiary.protocols.authzen.exchange import AccessEndpoint, Answer, Exchange
from ostiary.protocols.authzen.paging import Page, Paging
from ostiary.protocols.authzen.permissions import Operation
from ostiary.protocols.authzen.resources import ROLE_TYPE, SECRET_TYPE, SECRETS, Known, service_in
from ostiary.protocols.authzen.stated import own_service_of
from ostiary.protocols.authzen.strict_json import Json, MalformedQuestion

# How many are looked at for one page; a page may end before it is full.
SCAN = 200
# How many the application may not be told of are passed over for one page: that costs little.
_PASSED_OVER = 5000


@dataclass(frozen=True, slots=True)
class Place:
    """One that might be an answer: `shown` is what the answer would say."""

    cursor: str
    shown: Answer
    is_answer: Callable[[], bool]
    may_be_told: Callable[[], bool]


def _always() -> bool:
    return True


class SearchEndpoint(AccessEndpoint):
    operation = Operation.SEARCH
    what: str

    def answer(self, exchange: Exchange, body: Json) -> Answer:
        paging = Paging(
            self.rooms.keys.value.keyring,
            client_id=exchange.asker.name,
            operation=self.what,
            body=body,
            now=exchange.now,
        )
        page = paging.read()
        with self.decisions(exchange) as decisions:
            results, last = self._walk(exchange, page, self.places(exchange, decisions, body, page))
        token = "" if last is None else paging.next_token(last)
        return {"results": results, "page": {"next_token": token, "count": len(results)}}

    @abstractmethod
    def places(self, exchange: Exchange, decisions: Decisions, body: Json, page: Page) -> Iterator[Place]:
        """Raises AccessDenied, MalformedQuestion."""

    def _walk(self, exchange: Exchange, page: Page, places: Iterator[Place]) -> tuple[list[Answer], str | None]:
        """The results of the page, and the cursor to go on behind when there may be more."""
        results: list[Answer] = []
        scanned, passed, last = 0, 0, page.after
        for place in places:
            if len(results) == page.limit or scanned == SCAN or passed == _PASSED_OVER:
                return self._found(exchange, results), last
            last = place.cursor
            if not place.may_be_told():
                passed += 1
                continue
            scanned += 1
            if place.is_answer():
                results.append(place.shown)
        return self._found(exchange, results), None

    def _found(self, exchange: Exchange, results: list[Answer]) -> list[Answer]:
        exchange.journal.counts["results"] = len(results)
        return results


class SubjectSearch(SearchEndpoint):
    what = "subject"

    def places(self, exchange: Exchange, decisions: Decisions, body: Json, page: Page) -> Iterator[Place]:
        subject = read_entity(body, "subject", searched=True)
        question = Question(subject, read_action(body), read_entity(body, "resource"), read_context(body, "context"))
        service = decisions.service_of(question)
        resource = decisions.resources.find(question.resource, service)
        exchange.journal.note(resource=resource.arn, action=f"{service}:{question.action.verb}")
        decisions.check_asker(self.permission.action, resource)

        def place(cursor: str, found: Entity) -> Place:
            asked = replace(question, subject=replace(found, properties=subject.properties))
            return Place(cursor, _shown(found), lambda: decisions.decide(asked, resource).allowed, _always)

        candidates = decisions.subjects.candidates(subject.type, after=page.after)
        return (place(candidate.cursor, candidate.subject) for candidate in candidates)


class ResourceSearch(SearchEndpoint):
    what = "resource"

    def places(self, exchange: Exchange, decisions: Decisions, body: Json, page: Page) -> Iterator[Place]:
        resource = read_entity(body, "resource", searched=True)
        question = Question(read_entity(body, "subject"), read_action(body), resource, read_context(body, "context"))
        service = decisions.service_of(question)
        whole = decisions.resources.whole_type(resource.type, service)
        exchange.journal.note(resource=whole.arn, subject=question.subject, action=f"{service}:{question.action.verb}")
        if page.first:
            self._check_asker(decisions, resource, service, whole)

        def place(cursor: str, known: Known) -> Place:
            asked = replace(question, resource=replace(resource, id=known.arn))
            return Place(
                cursor,
                _shown(Entity(resource.type, known.arn)),
                lambda: decisions.decide(asked, known).allowed,
                lambda: decisions.asker_may(self.permission.action, known),
            )

        return (place(*one) for one in decisions.resources.known_of(resource.type, service, after=page.after))

    def _check_asker(self, decisions: Decisions, resource: Entity, service: str, whole: Known) -> None:
        """Raises AccessDenied for an application that may ask about none of them."""
        try:
            decisions.check_asker(self.permission.action, whole)
        except AccessDenied:
            known = decisions.resources.known_of(resource.type, service, after="")
            told = (decisions.asker_may(self.permission.action, one) for _, one in known)
            if not any(may for may, _ in zip(told, range(_PASSED_OVER), strict=False)):
                raise


class ActionSearch(SearchEndpoint):
    what = "action"

    def places(self, exchange: Exchange, decisions: Decisions, body: Json, page: Page) -> Iterator[Place]:
        subject, resource = read_entity(body, "subject"), read_entity(body, "resource")
        context = read_context(body, "context")
        own = own_service_of(exchange.asker.name)
        service = service_in(resource, _OUR_TYPES.get(resource.type, own))
        if not service:
            raise MalformedQuestion("give `resource.id` as an ARN: this application's id is no service's name")
        known = decisions.resources.find(resource, service)
        exchange.journal.note(resource=known.arn, subject=subject)
        decisions.check_asker(self.permission.action, known)

        def place(verb: str) -> Place:
            asked = _about(subject, Action(service, verb), resource, context)
            # An application's own names come back as it writes them.
            name = verb if service == own else f"{service}:{verb}"
            return Place(verb, {"name": name}, lambda: decisions.decide(asked, known).allowed, _always)

        verbs = sorted(_verbs(service) | decisions.literal_actions(subject, service))
        return (place(verb) for verb in verbs if verb > page.after)


_OUR_TYPES = {SECRET_TYPE: SECRETS, ROLE_TYPE: "sts"}


def _about(subject: Entity, action: Action, resource: Entity, context: Properties) -> Question:
    return Question(subject, action, resource, context)


def _verbs(service: str) -> set[str]:
    found = find_service(service)
    return set() if found is None else {action.name.rpartition(":")[2] for action in found.actions.values()}


def _shown(entity: Entity) -> Answer:
    shown: Answer = {"type": entity.type, "id": entity.id}
    return {**shown, "properties": dict(entity.properties)} if entity.properties else shown
