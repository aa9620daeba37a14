"""Where is the table of sign-in policies kept?"""

from __future__ import annotations

from sqlalchemy import Table

from ostiary.domain.signin_policy.model import ScopeKind
from ostiary.storage.schema.definition import metadata, named, text, text_key

sign_in_policy = Table(
    "sign_in_policy",
    metadata,
    named("kind", ScopeKind, key=True),
    text_key("name"),
    text("settings"),  # JSON object of the fields that the policy sets
)
