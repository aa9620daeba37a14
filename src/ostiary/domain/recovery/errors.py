"""What can be refused to somebody who comes back, helps another, registers or leaves?"""

from __future__ import annotations

from collections.abc import Sequence

from ostiary.domain.audit.errors import DomainError
from ostiary.kit.texts import Text


class RegistrationUnavailable(DomainError):
    """The directory takes no strangers, or is not there: nobody learns which."""

    def __init__(self, operator_text: str) -> None:
        super().__init__(Text("nobody can register here"), operator_text=operator_text)


class RegistrationInvalid(DomainError):
    """What was typed makes no account; `problems` are sentences for whoever typed it."""

    def __init__(self, problems: Sequence[Text]) -> None:
        super().__init__(Text("this cannot be registered"))
        self.problems = tuple(problems)


class AlreadyRegistered(DomainError):
    """The address of a registration link belongs to somebody by now."""

    def __init__(self, operator_text: str) -> None:
        super().__init__(Text("this address has an account by now: sign in with it"), operator_text=operator_text)


class TermsChanged(DomainError):
    """Other terms are in force than those that were shown."""

    def __init__(self) -> None:
        super().__init__(Text("the terms have changed: read the ones that are in force now"))


class HelpRefused(DomainError):
    """Nobody of that name whom this caller may help: unknown, elsewhere, disabled or herself are not told apart."""

    def __init__(self, operator_text: str) -> None:
        super().__init__(
            Text("there is nobody of that name whom you may help: check the user name"), operator_text=operator_text
        )


class HelpInvalid(DomainError):
    """A request for help that cannot be made as it was given."""


class RequestNotOpen(DomainError):
    """Decided already, over, or never made."""

    def __init__(self, operator_text: str) -> None:
        super().__init__(
            Text("this request is decided or over: look at the list of open ones"), operator_text=operator_text
        )


class DeletionRefused(DomainError):
    """An account that its person cannot delete herself, or not now."""
