"""Which condition keys are Ostiary's own?

They say how well, how lately and through which door the caller was proved. Methods are RFC 8176 `amr` values.
"""

from __future__ import annotations

from ostiary.policy.registry.condition_key import ConditionKey, KeySource, KeyType

KEYS = (
    ConditionKey(
        "ostiary:AuthenticationMethods",
        KeyType.STRING,
        KeySource.SESSION,
        "what was proved when the person signed in: pwd, otp, mfa and so on",
        multivalued=True,
    ),
    ConditionKey(
        "ostiary:AssuranceLevel",
        KeyType.STRING,
        KeySource.SESSION,
        "single-factor, multi-factor or phishing-resistant; absent when nothing was proved",
    ),
    ConditionKey("ostiary:AuthenticationAge", KeyType.NUMERIC, KeySource.SESSION, "seconds since the person signed in"),
    ConditionKey(
        "ostiary:HelperGroups",
        KeyType.STRING,
        KeySource.REQUEST,
        "the groups of the person who asks to help another back in",
        multivalued=True,
    ),
    ConditionKey("ostiary:Door", KeyType.STRING, KeySource.NETWORK, "web, oidc, aws, authzen, cli or internal"),
    ConditionKey(
        "ostiary:DevicePosture",
        KeyType.STRING,
        KeySource.NETWORK,
        "what a trusted proxy says of the device in the header `posture_header`; absent when none does",
        multivalued=True,
    ),
)
