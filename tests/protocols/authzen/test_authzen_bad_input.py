"""Does any body get an answer of the specification, whoever asks? Promise 5: never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostiary.domain.audit.vocabulary import meaning
from ostiary.protocols.authzen.permissions import PERMISSIONS, Operation
from ostiary.protocols.authzen.routes import ENDPOINTS
from parts.authzen_world import BETH, World

BOUNDED = settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            BETH,
            "person",
            "role",
            "user",
            "arn:",
            "arn:aws:iam::1:role/x",
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:",
            "secret",
            "todo:can_read_todos",
            "secretsmanager:GetSecretValue",
            "sts:AssumeRole",
            "aws:SourceIp",
            "execute_all",
        ]
    ),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
ENTITIES = VALUES | st.fixed_dictionaries({"type": TEXTS, "id": TEXTS, "name": TEXTS}, optional={"properties": VALUES})
BODIES = st.fixed_dictionaries(
    {"subject": ENTITIES, "action": ENTITIES, "resource": ENTITIES},
    optional={
        "context": VALUES,
        "page": VALUES | st.fixed_dictionaries({"token": TEXTS, "limit": st.integers()}),
        "evaluations": VALUES | st.lists(st.dictionaries(st.sampled_from(["subject", "action"]), ENTITIES), max_size=3),
        "options": VALUES | st.fixed_dictionaries({"evaluations_semantic": VALUES | TEXTS}),
    },
)


@BOUNDED
@given(path=st.sampled_from(list(ENDPOINTS)), body=BODIES | VALUES, cut=st.integers(min_value=0, max_value=2))
def test_any_body_of_a_known_application_is_answered(world: World, path: str, body: object, cut: int) -> None:
    written = json.dumps(body).encode()
    answer = world.post("auditor", path.removeprefix("/access/v1/"), written[: len(written) - cut])
    assert answer.status_code in {200, 400, 403}, (answer.status_code, body)
    if answer.status_code == 200:
        found = answer.json()
        assert isinstance(found.get("decision", False), bool)
        assert {"decision", "evaluations", "results"} & set(found)


@pytest.mark.parametrize("operation", Operation)
def test_every_operation_names_its_action_and_event(operation: Operation) -> None:
    permission = PERMISSIONS[operation]
    assert permission.action.startswith("ostiary:")
    assert meaning(permission.event).source == "access.ostiary"


def test_every_operation_has_an_endpoint() -> None:
    assert {endpoint.operation for endpoint in ENDPOINTS.values()} == set(Operation)


METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "FOO"])
WHERE = st.sampled_from([*ENDPOINTS, "/access", "/access/v1/", "/access/v2/evaluation", "/access/v1/search/%2e%2e"])
VISIBLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)
HEADERS = st.dictionaries(
    st.sampled_from(["Authorization", "Content-Type", "X-Request-ID", "Cookie", "Origin", "X-Forwarded-For"]), VISIBLE
)


@BOUNDED
@given(method=METHODS, where=WHERE, headers=HEADERS, body=st.binary(max_size=200))
def test_a_stranger_gets_no_answer_and_no_fault(
    world: World, method: str, where: str, headers: dict[str, str], body: bytes
) -> None:
    answer = world.client.request(method, world.server.base_url + where, headers=headers, content=body)
    assert answer.status_code in {400, 401, 404, 405} or (method == "OPTIONS" and answer.status_code == 200)
    assert "Traceback" not in answer.text
    assert answer.headers["content-type"].startswith("text/plain") or method == "OPTIONS"
