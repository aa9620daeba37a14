"""IAM's questions about which credentials there are.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateCredentialReport.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetCredentialReport.html
"""

from __future__ import annotations

from ostiary.protocols.aws.iam.rooms import IamRooms
from ostiary.protocols.aws.wire.service import Call, Input, Output


def generate_credential_report(rooms: IamRooms, call: Call, _given: Input) -> Output:
    """The event that the gateway writes is what the report waits for: it is present from the next call on."""
    if rooms.credential_reports.is_present(call.caller.account):
        return {"State": "COMPLETE"}
    return {"State": "STARTED", "Description": "No report exists. Starting a new report generation task"}


def get_credential_report(rooms: IamRooms, call: Call, _given: Input) -> Output:
    report = rooms.credential_reports.report(call.caller.account)
    return {"Content": report.content, "ReportFormat": "text/csv", "GeneratedTime": report.generated_at}
