"""Does unmodified boto3 get findings and comparisons of policies, and only with permission?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ostiary.domain.audit.vocabulary import Outcome
from parts.aws_world import ACCOUNT, OTHER_ACCOUNT, allow, policy, trusts
from parts.secrets_world import SecretsWorld

GET = policy(allow("s3:GetObject", "arn:aws:s3:::lake/*"))
ANY = policy(allow("s3:*"))
TRUST = policy(trusts({"AWS": f"arn:aws:iam::{ACCOUNT}:user/ada"}))
BROKEN = ["", "{", "[]", "null", '{"Statement": []}', policy({"Effect": "Allow"}), "[" * 5000, "{" + " " * 40_000 + "}"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretsWorld]:
    """One for all tests: the service keeps nothing."""
    made = SecretsWorld(tmp_path_factory.mktemp("analyzer"))
    yield made
    made.database.close()


def analyzer(world: SecretsWorld, credentials: dict[str, str] | None = None) -> Any:
    return world.client("accessanalyzer", credentials or world.admin)


def refusal(call: Callable[..., Any], **parameters: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return dict(caught.value.response)


def code(answer: dict[str, Any]) -> str:
    return str(answer["Error"]["Code"])


def test_findings_name_the_place_in_the_document(world: SecretsWorld) -> None:
    document = (
        '{"Version": "2012-10-17",\n "Statement": {"Effect": "Allow", "Action": "s3:Get Object", "Resource": "*"}}'
    )
    found = analyzer(world).validate_policy(policyDocument=document, policyType="IDENTITY_POLICY")["findings"]
    (finding,) = [one for one in found if one["findingType"] == "ERROR"]
    assert finding["issueCode"] == "INVALID_ACTION"
    assert finding["learnMoreLink"].startswith("https://docs.aws.amazon.com/")
    assert finding["findingDetails"]
    (location,) = finding["locations"]
    assert location["path"] == [{"value": "Statement"}, {"value": "Action"}]
    begin, end = location["span"]["start"], location["span"]["end"]
    assert document[begin["offset"] : end["offset"]].strip('"') == "s3:Get Object"
    assert (begin["line"], end["line"]) == (2, 2)
    line = document.splitlines()[1]
    assert line[begin["column"] : end["column"]].strip('"') == "s3:Get Object"


@pytest.mark.parametrize(
    ("document", "given"),
    [
        (GET, {"policyType": "IDENTITY_POLICY"}),
        (policy(allow("s3:GetObject")), {"policyType": "SERVICE_CONTROL_POLICY"}),
        (TRUST, {"policyType": "RESOURCE_POLICY"}),
        (
            TRUST,
            {"policyType": "RESOURCE_POLICY", "validatePolicyResourceType": "AWS::IAM::AssumeRolePolicyDocument"},
        ),
    ],
)
def test_a_sound_policy_of_each_type_has_no_errors(world: SecretsWorld, document: str, given: dict[str, str]) -> None:
    found = analyzer(world).validate_policy(policyDocument=document, locale="DE", **given)["findings"]
    assert [one for one in found if one["findingType"] == "ERROR"] == []


def test_a_type_of_resource_says_what_the_policy_must_be(world: SecretsWorld) -> None:
    client = analyzer(world)

    def errors(document: str, resource: str) -> int:
        found = client.validate_policy(
            policyDocument=document, policyType="RESOURCE_POLICY", validatePolicyResourceType=resource
        )["findings"]
        return sum(one["findingType"] == "ERROR" for one in found)

    bucket = policy({**allow("s3:GetObject", "arn:aws:s3:::lake/*"), "Principal": {"AWS": ACCOUNT}})
    assert errors(TRUST, "AWS::S3::Bucket")
    assert errors(bucket, "AWS::IAM::AssumeRolePolicyDocument")
    assert not errors(bucket, "AWS::S3::Bucket")
    answer = refusal(
        client.validate_policy,
        policyDocument=GET,
        policyType="IDENTITY_POLICY",
        validatePolicyResourceType="AWS::S3::Bucket",
    )
    assert code(answer) == "ValidationException"


def test_findings_come_in_pages_that_only_the_same_question_continues(world: SecretsWorld) -> None:
    document = policy(*(allow("s3:No such", "*") for _ in range(7)))
    client, asked = analyzer(world), {"policyDocument": document, "policyType": "IDENTITY_POLICY"}
    whole = client.validate_policy(**asked)["findings"]
    pages = list(client.get_paginator("validate_policy").paginate(**asked, PaginationConfig={"PageSize": 3}))
    assert len(whole) >= 7
    assert [one for page in pages for one in page["findings"]] == whole
    assert [len(page["findings"]) for page in pages[:2]] == [3, 3]
    token = pages[0]["nextToken"]
    other = asked | {"policyDocument": document + " "}
    assert code(refusal(client.validate_policy, **other, nextToken=token)) == "ValidationException"
    stranger = analyzer(world, world.session(allow("*"), account=OTHER_ACCOUNT))
    assert code(refusal(stranger.validate_policy, **asked, nextToken=token)) == "ValidationException"
    for bad in ({"nextToken": "x"}, {"maxResults": 0}, {"maxResults": -1}, {"maxResults": 101}):
        assert code(refusal(client.validate_policy, **asked, **bad)) == "ValidationException"


def test_new_access_is_told_with_its_statement(world: SecretsWorld) -> None:
    client = analyzer(world)
    new = policy(allow("s3:GetObject", "arn:aws:s3:::lake/x"), {**allow("s3:PutObject"), "Sid": "Writes"})
    passed = client.check_no_new_access(newPolicyDocument=GET, existingPolicyDocument=ANY, policyType="IDENTITY_POLICY")
    assert (passed["result"], passed["reasons"]) == ("PASS", [])
    failed = client.check_no_new_access(newPolicyDocument=new, existingPolicyDocument=GET, policyType="IDENTITY_POLICY")
    assert failed["result"] == "FAIL"
    assert failed["message"]
    (reason,) = failed["reasons"]
    assert (reason["statementIndex"], reason["statementId"]) == (1, "Writes")
    assert "s3:putobject" in reason["description"]


def test_trust_policies_are_compared_as_resource_policies(world: SecretsWorld) -> None:
    client = analyzer(world)
    wider = policy(trusts({"AWS": [f"arn:aws:iam::{ACCOUNT}:user/ada", f"arn:aws:iam::{ACCOUNT}:user/bob"]}))

    def result(new: str, existing: str) -> str:
        answer = client.check_no_new_access(
            newPolicyDocument=new, existingPolicyDocument=existing, policyType="RESOURCE_POLICY"
        )
        return str(answer["result"])

    assert (result(TRUST, wider), result(wider, TRUST)) == ("PASS", "FAIL")
    bucket = policy({**allow("s3:GetObject", "arn:aws:s3:::lake/*"), "Principal": "*"})
    answer = refusal(
        client.check_no_new_access, newPolicyDocument=TRUST, existingPolicyDocument=bucket, policyType="RESOURCE_POLICY"
    )
    assert code(answer) == "ValidationException"


def test_access_that_must_not_be_granted(world: SecretsWorld) -> None:
    client = analyzer(world)

    def result(document: str, *access: dict[str, Any]) -> str:
        answer = client.check_access_not_granted(
            policyDocument=document, access=list(access), policyType="IDENTITY_POLICY"
        )
        return str(answer["result"])

    assert result(GET, {"actions": ["iam:PassRole"]}) == "PASS"
    assert result(GET, {"actions": ["s3:Get*"]}) == "FAIL"
    assert result(GET, {"resources": ["arn:aws:s3:::pond/*"]}) == "PASS"
    assert result(GET, {"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::lake/x"]}) == "FAIL"


@pytest.mark.parametrize("document", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_document_is_refused_by_the_checks_and_a_finding_of_validation(
    world: SecretsWorld, document: str
) -> None:
    client, kind = analyzer(world), "IDENTITY_POLICY"
    answers = [
        refusal(
            client.check_access_not_granted, policyDocument=document, access=[{"actions": ["s3:*"]}], policyType=kind
        ),
        refusal(client.check_no_new_access, newPolicyDocument=document, existingPolicyDocument=GET, policyType=kind),
        refusal(client.check_no_new_access, newPolicyDocument=GET, existingPolicyDocument=document, policyType=kind),
    ]
    for answer, member in zip(answers, ("policyDocument", "newPolicyDocument", "existingPolicyDocument"), strict=True):
        assert code(answer) == "ValidationException"
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert answer["reason"] == "fieldValidationFailed"
        assert [field["name"] for field in answer["fieldList"]] == [member]
    for type_ in ("IDENTITY_POLICY", "RESOURCE_POLICY", "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
        found = client.validate_policy(policyDocument=document, policyType=type_)["findings"]
        assert "ERROR" in {one["findingType"] for one in found}


@pytest.mark.parametrize(
    "access",
    [
        [],
        [{}],
        [{"actions": []}],
        [{"actions": ["s3:*"]}] * 2,
        [{"actions": ["s3:*"] * 101}],
        [{"actions": ["no action"]}],
        [{"actions": ["s3:*"], "resources": ["x" * 2049]}],
        [{"resources": ["lake"]}],
        [{"resources": ["arn:aws:s3:::${lake"]}],
        [{"resources": ["arn:aws:s3:::lake/*"] * 101}],
    ],
    ids=range(10),
)
def test_access_that_is_none_is_refused(world: SecretsWorld, access: list[dict[str, Any]]) -> None:
    answer = refusal(
        analyzer(world).check_access_not_granted, policyDocument=GET, access=access, policyType="IDENTITY_POLICY"
    )
    assert code(answer) == "ValidationException"


def test_the_checks_compare_only_the_types_that_aws_compares(world: SecretsWorld) -> None:
    answer = refusal(
        analyzer(world).check_no_new_access,
        newPolicyDocument=GET,
        existingPolicyDocument=GET,
        policyType="SERVICE_CONTROL_POLICY",
    )
    assert code(answer) == "ValidationException"
    assert answer["reason"] == "fieldValidationFailed"


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("ValidatePolicy", {"policyDocument": GET}),
    ("CheckNoNewAccess", {"newPolicyDocument": GET, "existingPolicyDocument": GET}),
    ("CheckAccessNotGranted", {"policyDocument": GET, "access": [{"actions": ["s3:*"]}]}),
]
METHODS = {
    "ValidatePolicy": "validate_policy",
    "CheckNoNewAccess": "check_no_new_access",
    "CheckAccessNotGranted": "check_access_not_granted",
}


@pytest.mark.parametrize(("name", "given"), CALLS)
def test_each_operation_needs_its_action_and_leaves_an_event(
    world: SecretsWorld, name: str, given: dict[str, Any]
) -> None:
    before = len(world.events(name))
    allowed = analyzer(world, world.session(allow(f"access-analyzer:{name}")))
    getattr(allowed, METHODS[name])(**given, policyType="IDENTITY_POLICY")
    others = [f"access-analyzer:{other}" for other, _ in CALLS if other != name]
    denied = analyzer(world, world.session(allow(others)))
    answer = refusal(getattr(denied, METHODS[name]), **given, policyType="IDENTITY_POLICY")
    assert code(answer) == "AccessDeniedException"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 403
    events = world.events(name)[before:]
    assert [event.outcome for event in events] == [Outcome.SUCCESS, Outcome.DENIED]
    assert all("lake" not in json.dumps(event.details) for event in events)
