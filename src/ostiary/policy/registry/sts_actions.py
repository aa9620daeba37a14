"""Which actions does STS have?

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
"""

from __future__ import annotations

from ostiary.policy.registry.service_actions import REQUEST_TAGS, AccessLevel, Group, service_actions

_ROLE = "arn:aws:iam::*:role/*"
_USER = "arn:aws:iam::*:user/*"
_ROOT = "arn:aws:iam::*:root"
_SESSION_TAGS = (*REQUEST_TAGS, "sts:TransitiveTagKeys")
_ROLE_TAGS = ("aws:ResourceTag/${TagKey}", "iam:ResourceTag/${TagKey}")
_TOKEN_CLAIMS = ("${Issuer}:sub", "${Issuer}:aud", "${Issuer}:amr")
_ASSERTION = ("saml:aud", "saml:doc", "saml:iss", "saml:namequalifier", "saml:sub", "saml:sub_type")
_SESSION = ("sts:RoleSessionName", "sts:SourceIdentity", "sts:DurationSeconds")
_CONTEXT = ("sts:RequestContext/${ContextKey}", "sts:RequestContextProviders")

STS = service_actions(
    "sts",
    Group(
        AccessLevel.WRITE,
        "AssumeRole",
        (_ROLE,),
        ("sts:ExternalId", *_SESSION, *_SESSION_TAGS, *_ROLE_TAGS, *_CONTEXT),
    ),
    Group(
        AccessLevel.WRITE,
        "AssumeRoleWithWebIdentity",
        (_ROLE,),
        (*_TOKEN_CLAIMS, *_SESSION, *_SESSION_TAGS, *_ROLE_TAGS),
    ),
    Group(
        AccessLevel.WRITE,
        "AssumeRoleWithSAML",
        (_ROLE,),
        (*_ASSERTION, *_SESSION, *_SESSION_TAGS, *_ROLE_TAGS),
    ),
    Group(AccessLevel.WRITE, "SetSourceIdentity", (_ROLE, _USER), ("sts:SourceIdentity", *_ROLE_TAGS)),
    Group(AccessLevel.WRITE, "SetContext", (_ROLE,), _CONTEXT),
    Group(AccessLevel.WRITE, "AssumeRoot", (_ROOT,), ("sts:TaskPolicyArn",)),
    Group(AccessLevel.TAGGING, "TagSession", (_ROLE, _USER), (*_SESSION_TAGS, *_ROLE_TAGS)),
    Group(AccessLevel.TAGGING, "TagGetWebIdentityToken", (), REQUEST_TAGS),
    Group(
        AccessLevel.WRITE,
        "GetWebIdentityToken",
        (),
        ("sts:IdentityTokenAudience", "sts:DurationSeconds", "sts:SigningAlgorithm", *REQUEST_TAGS),
    ),
    Group(AccessLevel.READ, "GetFederationToken", (_USER,), REQUEST_TAGS),
    Group(AccessLevel.READ, "GetServiceBearerToken", (), ("sts:AWSServiceName", "sts:DurationSeconds")),
    Group(AccessLevel.READ, "GetAccessKeyInfo GetCallerIdentity GetSessionToken"),
    Group(AccessLevel.WRITE, "DecodeAuthorizationMessage GetDelegatedAccessToken"),
)
