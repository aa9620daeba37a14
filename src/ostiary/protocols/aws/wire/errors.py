"""How is a refusal named on the AWS wire?

One refusal has one name here (the query protocol's) and is spelled as each protocol spells it.
https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Fault = Literal["sender", "receiver"]

MAX_ECHO = 200

# name in the query protocol -> (status there, name in the JSON protocols)
_COMMON: dict[str, tuple[int, str]] = {
    "AccessDenied": (403, "AccessDeniedException"),
    "ExpiredToken": (403, "ExpiredTokenException"),
    "IncompleteSignature": (400, "IncompleteSignatureException"),
    "InternalFailure": (500, "InternalServerException"),
    "InvalidAction": (400, "UnknownOperationException"),
    "InvalidClientTokenId": (403, "UnrecognizedClientException"),
    "MalformedQueryString": (400, "SerializationException"),
    "MissingAction": (400, "UnknownOperationException"),
    "MissingAuthenticationToken": (403, "MissingAuthenticationTokenException"),
    "RequestEntityTooLarge": (413, "RequestEntityTooLargeException"),
    "RequestExpired": (400, "RequestExpired"),
    "ServiceUnavailable": (503, "ServiceUnavailableException"),
    "SignatureDoesNotMatch": (403, "InvalidSignatureException"),
    "Throttling": (400, "ThrottlingException"),
    "ValidationError": (400, "ValidationException"),
}
_FROM_JSON = {json_name: (name, status) for name, (status, json_name) in _COMMON.items() if name != "MissingAction"}
_QUERY_NAMES = {json_name: name for json_name, (name, _) in _FROM_JSON.items()}
_STATUS = {name: status for name, (status, _) in _COMMON.items()} | {
    json_name: status for json_name, (_, status) in _FROM_JSON.items()
}


class WireError(Exception):
    """A refusal on its way to an AWS client.

    `code` may be the query protocol's name, the JSON protocols' name, or the name of an error in the service's model;
    the writer finds the spelling and status of the service that answers. A `status` given here wins over both.
    `members` fills further members of a modelled error.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        operator_text: str = "",
        status: int | None = None,
        fault: Fault | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {operator_text or message}")
        self.code = code
        self.message = message
        self.operator_text = operator_text or message
        self.status_is_given = status is not None
        self.status = _STATUS.get(code, 400) if status is None else status
        self.fault: Fault = fault or ("receiver" if self.status >= 500 else "sender")  # noqa: PLR2004 - RFC 9110 15.6
        self.members: Mapping[str, Any] = members or {}


def query_name(code: str) -> str:
    return _QUERY_NAMES.get(code, code)


def json_name(code: str) -> str:
    common = _COMMON.get(code)
    return common[1] if common else code


def printable(text: str) -> str:
    """User input as it may stand in an error text: cut, and on one line."""
    return "".join(c if c.isprintable() else "?" for c in text[:MAX_ECHO])


class InputRefusedError(Exception):
    """A value does not fit the model; its path grows from the inside out while the readers return."""

    def __init__(self, rule: str, *, shown: str = "", wrong_type: bool = False, name: str = "") -> None:
        super().__init__(rule)
        self.rule = rule
        self.shown = shown
        self.wrong_type = wrong_type
        self.names: list[str] = [name] if name else []

    def under(self, name: str) -> InputRefusedError:
        self.names.append(name)
        return self

    def path(self) -> str:
        return printable(".".join(name[:1].lower() + name[1:] for name in reversed(self.names)))

    def text(self) -> str:
        """AWS's wording, which tools and people search for."""
        path = self.path()
        if self.wrong_type:
            return f"The value at `{path}` has the wrong type: {self.rule}"
        shown = f"{self.shown} " if self.shown else ""
        return f"1 validation error detected: Value {shown}at '{path}' failed to satisfy constraint: {self.rule}"


def wrong_type(expected: str) -> InputRefusedError:
    return InputRefusedError(f"expected {expected}", wrong_type=True)
