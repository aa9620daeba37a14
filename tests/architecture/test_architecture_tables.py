"""Are the tables that security rests on complete? A row that is missing would be found by whoever meets it first."""

from __future__ import annotations

import pytest

from ostiary.domain.audit.vocabulary import EventName, meaning
from ostiary.protocols.aws import accessanalyzer, cloudtrail, iam, secretsmanager, sts
from ostiary.protocols.aws.wire import SERVICES, service_operations
from ostiary.protocols.aws.wire.service import Service
from ostiary.protocols.web.routes import ROUTES

MOUNTED: list[Service[object]] = [
    sts.SERVICE,  # type: ignore[list-item]
    secretsmanager.SERVICE,  # type: ignore[list-item]
    cloudtrail.SERVICE,  # type: ignore[list-item]
    iam.SERVICE,  # type: ignore[list-item]
    accessanalyzer.SERVICE,  # type: ignore[list-item]
]


@pytest.mark.parametrize("name", EventName)
def test_every_event_has_a_source_and_an_effect(name: EventName) -> None:
    assert meaning(name).source
    assert meaning(name).effect


@pytest.mark.parametrize("service", MOUNTED, ids=lambda service: service.name)
def test_every_operation_of_a_service_names_its_action_and_is_in_the_model(service: Service[object]) -> None:
    assert service.operations
    for name, row in service.operations.items():
        assert row.action.partition(":")[0] == SERVICES[service.name]
        assert name in service_operations(service.name)


def test_every_page_of_a_signed_in_person_names_its_action() -> None:
    for route in ROUTES:
        if route.level is not None and route.level.value == "full":
            assert route.action.startswith("ostiary:"), route.path
