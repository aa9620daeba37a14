"""Which actions does Roles Anywhere have?

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementrolesanywhere.html
"""

from __future__ import annotations

from ostiary.policy.registry.service_actions import (
    REQUEST_TAGS,
    RESOURCE_TAGS,
    AccessLevel,
    Group,
    service_actions,
)

_LIST, _READ, _WRITE, _TAGGING = AccessLevel.LIST, AccessLevel.READ, AccessLevel.WRITE, AccessLevel.TAGGING

_PROFILE = ("arn:aws:rolesanywhere:*:*:profile/*",)
_ANCHOR = ("arn:aws:rolesanywhere:*:*:trust-anchor/*",)
_CRL = ("arn:aws:rolesanywhere:*:*:crl/*",)
_SUBJECT = ("arn:aws:rolesanywhere:*:*:subject/*",)
_TAGGABLE = (*_PROFILE, *_ANCHOR, *_CRL, *_SUBJECT)

ROLESANYWHERE = service_actions(
    "rolesanywhere",
    Group(_LIST, "ListCrls ListProfiles ListSubjects ListTrustAnchors"),
    Group(_READ, "ListTagsForResource", _TAGGABLE, RESOURCE_TAGS),
    Group(_READ, "GetProfile", _PROFILE, RESOURCE_TAGS),
    Group(_READ, "GetTrustAnchor", _ANCHOR, RESOURCE_TAGS),
    Group(_READ, "GetCrl", _CRL, RESOURCE_TAGS),
    Group(_READ, "GetSubject", _SUBJECT, RESOURCE_TAGS),
    Group(_WRITE, "CreateProfile", _PROFILE, REQUEST_TAGS),
    Group(
        _WRITE,
        "DeleteAttributeMapping DeleteProfile DisableProfile EnableProfile PutAttributeMapping UpdateProfile",
        _PROFILE,
        RESOURCE_TAGS,
    ),
    Group(_WRITE, "CreateTrustAnchor", _ANCHOR, REQUEST_TAGS),
    Group(
        _WRITE,
        "DeleteTrustAnchor DisableTrustAnchor EnableTrustAnchor PutNotificationSettings ResetNotificationSettings"
        " UpdateTrustAnchor",
        _ANCHOR,
        RESOURCE_TAGS,
    ),
    Group(_WRITE, "ImportCrl", _CRL, REQUEST_TAGS),
    Group(_WRITE, "DeleteCrl DisableCrl EnableCrl UpdateCrl", _CRL, RESOURCE_TAGS),
    Group(_TAGGING, "TagResource", _TAGGABLE, (*REQUEST_TAGS, *RESOURCE_TAGS)),
    Group(_TAGGING, "UntagResource", _TAGGABLE, ("aws:TagKeys", *RESOURCE_TAGS)),
)
