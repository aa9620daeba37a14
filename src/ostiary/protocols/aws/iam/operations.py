"""Which operations of IAM are written?

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateCredentialReport.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetCredentialReport.html
"""

from __future__ import annotations

from dataclasses import dataclass

from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.posture.credential_report import CredentialReports
from ostiary.protocols.aws.wire.service import Access, Call, Input, OperationRow, Output, Recorded, Service


@dataclass(frozen=True, slots=True)
class IamRooms:
    credential_reports: CredentialReports


def generate_credential_report(rooms: IamRooms, call: Call, _given: Input) -> Output:
    """The event that the gateway writes is what the report waits for: it is present from the next call on."""
    if rooms.credential_reports.is_present(call.caller.account):
        return {"State": "COMPLETE"}
    return {"State": "STARTED", "Description": "No report exists. Starting a new report generation task"}


def get_credential_report(rooms: IamRooms, call: Call, _given: Input) -> Output:
    report = rooms.credential_reports.report(call.caller.account)
    return {"Content": report.content, "ReportFormat": "text/csv", "GeneratedTime": report.generated_at}


SERVICE: Service[IamRooms] = Service(
    "iam",
    {
        "GenerateCredentialReport": OperationRow(
            generate_credential_report,
            action="iam:GenerateCredentialReport",
            event=EventName.GENERATE_CREDENTIAL_REPORT,
            access=Access.CHECKED,
            recorded=Recorded.BY_GATEWAY,
        ),
        "GetCredentialReport": OperationRow(
            get_credential_report,
            action="iam:GetCredentialReport",
            event=EventName.GET_CREDENTIAL_REPORT,
            access=Access.CHECKED,
            recorded=Recorded.BY_GATEWAY,
        ),
    },
)
