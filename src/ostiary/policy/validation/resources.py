"""Do the resources of a policy name what can exist?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from ostiary.policy.language.document import shown
from ostiary.policy.language.template import Wildcards
from ostiary.policy.registry.actions import all_services
from ostiary.policy.validation.outline import Outline
from ostiary.policy.validation.redundancy import covered
from ostiary.policy.validation.source import Place
from ostiary.policy.validation.vocabulary import Code, Finding, finding

_PARTS = 6
_PARTITIONS = frozenset({"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"})
_OPEN = re.compile(r"[*?]|\$\{")
_ACCOUNT = re.compile(r"[0-9]{12}|aws", re.ASCII)
_WITHOUT_REGION = frozenset({"iam", "sts"})
_WITHOUT_ACCOUNT = frozenset({"s3"})


def resource_findings(outline: Outline) -> Iterator[Finding]:
    for statement in outline.statements:
        for place in statement.resources:
            yield from _arn_findings(place)
        for place, by in covered(statement.resources, Wildcards.RESOURCE, as_compared=str):
            details = f"`{shown(place.text)}` is covered by `{shown(by.text)}`; remove it"
            yield finding(Code.REDUNDANT_RESOURCE, details, place.location, by.location)


@cache
def _regions_of_known_services() -> Mapping[str, bool]:
    """Whether all resources of a service have a region in their ARNs."""
    own: dict[str, bool] = {}
    for service in all_services():
        for action in service.actions.values():
            for text in action.resources:
                _, _, prefix, region, *_ = text.split(":")
                own[prefix] = own.get(prefix, True) and bool(region)
    return own


def _has_regions(service: str) -> bool:
    return _regions_of_known_services().get(service, False)


def _arn_findings(place: Place) -> Iterator[Finding]:
    parts = place.text.split(":", _PARTS - 1)
    if len(parts) < _PARTS or parts[0] != "arn":
        return
    _, partition, service, region, account, resource = parts
    # Other systems whose questions are answered here may have partitions of their own, and rules of their own in them.
    if not partition.lower().startswith("aws"):
        return
    if partition not in _PARTITIONS and not _OPEN.search(partition):
        details = f"`{shown(partition)}` is not a partition; use `aws`"
        yield finding(Code.INVALID_PARTITION, details, place.location)
    if service != service.lower() and not _OPEN.search(service):
        details = f"the service `{shown(service)}` is written in lower case: `{shown(service.lower())}`"
        yield finding(Code.INVALID_ARN_SERVICE_CASE, details, place.location)
    if not region and not _OPEN.search(service) and _has_regions(service):
        yield finding(
            Code.MISSING_ARN_REGION, f"ARNs of {shown(service)} have a region; name it, or `*`", place.location
        )
    if region and service in _WITHOUT_REGION and region != "*":
        details = f"ARNs of {service} have no region; leave it empty"
        yield finding(Code.ARN_REGION_NOT_ALLOWED, details, place.location)
    if account and service in _WITHOUT_ACCOUNT and not region and account != "*":
        details = f"ARNs of {service} buckets have no account; leave it empty"
        yield finding(Code.ARN_ACCOUNT_NOT_ALLOWED, details, place.location)
    elif account and not _ACCOUNT.fullmatch(account) and not _OPEN.search(account):
        details = f"`{shown(account)}` is not an account, which has 12 digits"
        yield finding(Code.INVALID_ARN_ACCOUNT, details, place.location)
    if not resource:
        details = "the ARN ends after the account; name the resource, or `*`"
        yield finding(Code.INVALID_ARN_RESOURCE, details, place.location)
