"""Which operations of IAM are written? https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html"""

from __future__ import annotations

from collections.abc import Callable

from ostiary.domain.audit.vocabulary import EventName
from ostiary.protocols.aws.iam.credentials import generate_credential_report, get_credential_report
from ostiary.protocols.aws.iam.rooms import IamRooms
from ostiary.protocols.aws.iam.simulation import (
    get_context_keys_for_custom_policy,
    get_context_keys_for_principal_policy,
    simulate_custom_policy,
    simulate_principal_policy,
)
from ostiary.protocols.aws.wire.service import (
    Access,
    Call,
    Input,
    OperationRow,
    Output,
    Recorded,
    Resource,
    Service,
)


def _read(
    handler: Callable[[IamRooms, Call, Input], Output], event: EventName, resource: Resource = "*"
) -> OperationRow[IamRooms]:
    """Every operation so far only reads, and is named like its action."""
    return OperationRow(
        handler,
        action=f"iam:{event.value}",
        event=event,
        access=Access.CHECKED,
        recorded=Recorded.BY_GATEWAY,
        resource=resource,
    )


def _source(_call: Call, given: Input) -> str:
    source: str = given["PolicySourceArn"]
    return source


SERVICE: Service[IamRooms] = Service(
    "iam",
    {
        "GenerateCredentialReport": _read(generate_credential_report, EventName.GENERATE_CREDENTIAL_REPORT),
        "GetCredentialReport": _read(get_credential_report, EventName.GET_CREDENTIAL_REPORT),
        "SimulatePrincipalPolicy": _read(simulate_principal_policy, EventName.SIMULATE_PRINCIPAL_POLICY, _source),
        "SimulateCustomPolicy": _read(simulate_custom_policy, EventName.SIMULATE_CUSTOM_POLICY),
        "GetContextKeysForPrincipalPolicy": _read(
            get_context_keys_for_principal_policy, EventName.GET_CONTEXT_KEYS_FOR_PRINCIPAL_POLICY, _source
        ),
        "GetContextKeysForCustomPolicy": _read(
            get_context_keys_for_custom_policy, EventName.GET_CONTEXT_KEYS_FOR_CUSTOM_POLICY
        ),
    },
)
