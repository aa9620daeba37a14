"""Which operations of Access Analyzer are written?

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ostiary.domain.audit.vocabulary import EventName
from ostiary.policy import PolicyError
from ostiary.policy.analysis import Access as AskedAccess
from ostiary.policy.analysis import Comparison, check_access_not_granted, check_no_new_access
from ostiary.policy.validation.findings import Finding, Location, validate
from ostiary.policy.validation.source import Position
from ostiary.protocols.aws.accessanalyzer.documents import kind_to_validate, read_policy, refused
from ostiary.protocols.aws.wire.paging import next_token, read_token
from ostiary.protocols.aws.wire.service import Access, Call, Input, OperationRow, Output, Recorded, Service

MOST_FINDINGS = 100


@dataclass(frozen=True, slots=True)
class AccessAnalyzerRooms:
    """None: the answers rest on the input alone."""


def validate_policy(_rooms: AccessAnalyzerRooms, call: Call, given: Input) -> Output:
    most = given.get("maxResults", MOST_FINDINGS)
    if not 1 <= most <= MOST_FINDINGS:
        raise refused("maxResults", f"it must be between 1 and {MOST_FINDINGS}")
    kind, account = kind_to_validate(given), call.caller.account
    begin = read_token("ValidatePolicy", account, given, int, member="nextToken", code="ValidationException") or 0
    findings = validate(given["policyDocument"], kind=kind)
    end = begin + most
    return {
        "findings": [_show_finding(finding) for finding in findings[begin:end]],
        "nextToken": next_token("ValidatePolicy", account, given, end) if end < len(findings) else None,
    }


def compare_with_existing(_rooms: AccessAnalyzerRooms, _call: Call, given: Input) -> Output:
    new, existing = read_policy(given, "newPolicyDocument"), read_policy(given, "existingPolicyDocument")
    if new.kind is not existing.kind:
        raise refused("newPolicyDocument", f"it is a {new.kind} policy, the existing one is a {existing.kind} policy")
    return _show_comparison(check_no_new_access(new, existing))


def compare_with_access(_rooms: AccessAnalyzerRooms, _call: Call, given: Input) -> Output:
    policy = read_policy(given, "policyDocument")
    access = [_access(one) for one in given["access"]]
    if not access:
        raise refused("access", "name actions or resources")
    try:
        return _show_comparison(check_access_not_granted(policy, access))
    except PolicyError as error:
        raise refused("access", str(error)) from None


def _access(given: Mapping[str, Any]) -> AskedAccess:
    actions, resources = tuple(given.get("actions", ())), tuple(given.get("resources", ()))
    if not actions and not resources:
        raise refused("access", "name actions or resources")
    return AskedAccess(actions, resources)


def _show_comparison(comparison: Comparison) -> Output:
    return {
        "result": "PASS" if comparison.passed else "FAIL",
        "message": comparison.message,
        "reasons": [
            {
                "description": reason.description,
                "statementIndex": reason.statement_index,
                "statementId": reason.statement_id,
            }
            for reason in comparison.reasons
        ],
    }


def _show_finding(finding: Finding) -> dict[str, Any]:
    return {
        "findingDetails": finding.details,
        "findingType": finding.type.value,
        "issueCode": finding.code,
        "learnMoreLink": finding.learn_more,
        "locations": [_show_location(location) for location in finding.locations],
    }


def _show_location(location: Location) -> dict[str, Any]:
    span = location.span
    return {
        "path": [element.as_json() for element in location.path],
        "span": {"start": _show_position(span.start), "end": _show_position(span.end)},
    }


def _show_position(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.column, "offset": position.offset}


SERVICE: Service[AccessAnalyzerRooms] = Service(
    "accessanalyzer",
    {
        "ValidatePolicy": OperationRow(
            validate_policy,
            action="access-analyzer:ValidatePolicy",
            event=EventName.VALIDATE_POLICY,
            access=Access.CHECKED,
            recorded=Recorded.BY_GATEWAY,
        ),
        "CheckNoNewAccess": OperationRow(
            compare_with_existing,
            action="access-analyzer:CheckNoNewAccess",
            event=EventName.CHECK_NO_NEW_ACCESS,
            access=Access.CHECKED,
            recorded=Recorded.BY_GATEWAY,
        ),
        "CheckAccessNotGranted": OperationRow(
            compare_with_access,
            action="access-analyzer:CheckAccessNotGranted",
            event=EventName.CHECK_ACCESS_NOT_GRANTED,
            access=Access.CHECKED,
            recorded=Recorded.BY_GATEWAY,
        ),
    },
)
