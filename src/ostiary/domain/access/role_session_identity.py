"""How is a session of a role called, and which tags does it carry?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ostiary.kit import arn

_UNFIT_FOR_NAME = re.compile(r"[^A-Za-z0-9_+=,.@-]", re.ASCII)


def session_arn(role_arn: str, session_name: str) -> str:
    parsed = arn.parse(role_arn)
    return arn.assumed_role(parsed.account, parsed.resource.rpartition("/")[2], session_name)


def fit_for_name(text: str) -> str:
    """A person's or workload's name as a session name or source identity, whatever characters it has."""
    return _UNFIT_FOR_NAME.sub("-", text)[:64].ljust(2, "-")


def merged_tags(weaker: Mapping[str, str], stronger: Mapping[str, str]) -> Mapping[str, str]:
    """Tag keys do not differ by case: a tag of `stronger` replaces every spelling of it in `weaker`."""
    if not weaker:
        return stronger
    taken = {key.lower() for key in stronger}
    return {**{key: value for key, value in weaker.items() if key.lower() not in taken}, **stronger}
