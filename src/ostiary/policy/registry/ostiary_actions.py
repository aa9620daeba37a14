"""Which actions are Ostiary's own, for what AWS has no name?

Every permission table of the code names its actions here; a test holds them to it.
"""

from __future__ import annotations

from ostiary.policy.registry.service_actions import AccessLevel, Group, service_actions

_READ, _WRITE = AccessLevel.READ, AccessLevel.WRITE
_PERSON = ("arn:aws:identitystore:::user/*",)
_APPLICATION = ("arn:aws:sso:::application/*",)
_OWNED = "arn:aws:ostiary::*:*"

OSTIARY = service_actions(
    "ostiary",
    Group(AccessLevel.LIST, "ListOwnApplications ListOwnFactors ListOwnSessions LookupOwnEvents", _PERSON),
    Group(_WRITE, "AddOwnFactor ChangeOwnPassword MakeRecoveryCodes RemoveOwnFactor RenameOwnFactor", _PERSON),
    Group(_WRITE, "RevokeOwnApplication", _PERSON),
    Group(_READ, "DownloadOwnData", _PERSON),
    Group(_WRITE, "AcceptTerms ApproveRecovery AssistRecovery DeleteOwnAccount RequestRecovery", _PERSON),
    Group(_READ, "ViewAccount ViewPortal", _PERSON),
    Group(_WRITE, "ApproveDevice ConfirmIdentity EndOwnSession GetRoleCredentials GiveConsent", _PERSON),
    Group(_WRITE, "SignOut", (*_PERSON, *_APPLICATION)),
    Group(_WRITE, "InvitePerson", ("arn:aws:ostiary::*:enrolment/*",)),
    Group(_WRITE, "RevokeSessions", (*_PERSON, _OWNED, "arn:aws:iam::*:*", "arn:aws:sso:::application/*")),
    Group(_WRITE, "AuthorizeApplication AuthorizeDevice IssueToken RevokeToken RotateClientSecret", _APPLICATION),
    Group(_READ, "GetUserInfo IntrospectToken", _APPLICATION),
    Group(_READ, "GetKeys GetMetadata"),
    Group(_READ, "EvaluateAccess ExplainAccess SearchAccess", ("arn:aws:*:*:*:*",)),
)
