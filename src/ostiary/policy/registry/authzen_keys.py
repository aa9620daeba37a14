"""Which condition keys hold what an application says when it asks about somebody's access?

They are statements of the application that asks, and nothing that the server has proved.
https://openid.net/specs/authorization-api-1_0.html
"""

from __future__ import annotations

from ostiary.policy.registry.condition_key import ConditionKey, KeySource, KeyType

KEYS = tuple(
    ConditionKey(f"authzen:{name}/${{Name}}", KeyType.STRING, KeySource.REQUEST, note)
    for name, note in (
        ("SubjectProperty", "a property of the subject, as the application that asks says it"),
        ("ResourceProperty", "a property of the resource, as the application that asks says it"),
        ("ActionProperty", "a property of the action, as the application that asks says it"),
        ("Context", "a fact about the request, as the application that asks says it"),
    )
)
