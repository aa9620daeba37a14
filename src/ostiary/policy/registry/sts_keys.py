"""Which condition keys belong to the assumption of roles?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
"""

from __future__ import annotations

from ostiary.policy.registry.condition_key import ConditionKey, KeySource, KeyType, absent

_STRING, _REQUEST, _SESSION = KeyType.STRING, KeySource.REQUEST, KeySource.SESSION
_NO_BEARER = "this server issues no bearer tokens of AWS services"
_NO_OUTBOUND = "role sessions get no outbound identity tokens"
_NO_SAML = "there are no SAML identity providers"

_STS_KEYS = (
    ConditionKey("sts:ExternalId", _STRING, _REQUEST, "AssumeRole: what the one who trusts asked the other to show"),
    ConditionKey("sts:RoleSessionName", _STRING, _REQUEST, "the name that the session is to have"),
    ConditionKey("sts:SourceIdentity", _STRING, _REQUEST, "the source identity that the session is to have"),
    ConditionKey(
        "sts:TransitiveTagKeys",
        _STRING,
        _REQUEST,
        "AssumeRole: keys of the session tags that later roles keep",
        multivalued=True,
    ),
    ConditionKey(
        "sts:DurationSeconds",
        KeyType.NUMERIC,
        _REQUEST,
        "how long the session is to live; also when the request leaves it to the role, and, beyond AWS, for all roles",
    ),
    absent("sts:AWSServiceName", _STRING, _REQUEST, _NO_BEARER),
    absent("sts:IdentityTokenAudience", _STRING, _REQUEST, _NO_OUTBOUND, multivalued=True),
    absent("sts:SigningAlgorithm", _STRING, _REQUEST, _NO_OUTBOUND),
    absent("sts:RequestContext/${ContextKey}", _STRING, _REQUEST, "sessions take no identity context"),
    absent(
        "sts:RequestContextProviders",
        KeyType.ARN,
        _REQUEST,
        "sessions take no identity context",
        multivalued=True,
    ),
    absent("sts:TaskPolicyArn", KeyType.ARN, _REQUEST, "nobody gets a session of root"),
)

# Of the token of an outside issuer; the variable part is the issuer's URL without its scheme.
ISSUER_KEYS = (
    ConditionKey("${Issuer}:sub", _STRING, _SESSION, "the subject of the outside issuer's token"),
    ConditionKey(
        "${Issuer}:aud", _STRING, _SESSION, "for whom the token was made; several audiences are several values"
    ),
    ConditionKey(
        "${Issuer}:amr", _STRING, _SESSION, "how the issuer says that the subject was proved", multivalued=True
    ),
    absent("${Issuer}:azp", _STRING, _SESSION, "policies see only `sub`, `aud` and `amr` of a token"),
    absent("${Issuer}:email", _STRING, _SESSION, "policies see only `sub`, `aud` and `amr` of a token"),
    absent("${Issuer}:oaud", _STRING, _SESSION, "policies see only `sub`, `aud` and `amr` of a token"),
    absent("${Issuer}:app_id", _STRING, _SESSION, "policies see only `sub`, `aud` and `amr` of a token"),
    absent("${Issuer}:user_id", _STRING, _SESSION, "policies see only `sub`, `aud` and `amr` of a token"),
    absent("${Issuer}:id", _STRING, _SESSION, "policies see only `sub`, `aud` and `amr` of a token"),
)

_SAML_SINGLE = "aud doc iss namequalifier sub sub_type"
_SAML_MULTIPLE = (
    "cn commonName eduorghomepageuri eduorgidentityauthnpolicyuri eduorglegalname eduorgsuperioruri eduorgwhitepagesuri"
    " edupersonaffiliation edupersonassurance edupersonentitlement edupersonnickname edupersonorgdn edupersonorgunitdn"
    " edupersonprimaryaffiliation edupersonprimaryorgunitdn edupersonprincipalname edupersonscopedaffiliation"
    " edupersontargetedid givenName mail name organizationStatus primaryGroupSID surname uid x500UniqueIdentifier"
)
_SAML_KEYS = (
    *(absent(f"saml:{name}", _STRING, _SESSION, _NO_SAML) for name in _SAML_SINGLE.split()),
    *(absent(f"saml:{name}", _STRING, _SESSION, _NO_SAML, multivalued=True) for name in _SAML_MULTIPLE.split()),
)

KEYS = (*_STS_KEYS, *_SAML_KEYS)
