"""What does the table of sign-in policies need of a transaction?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ostiary.domain.directory.ports import DirectorySlice
from ostiary.domain.signin_policy.model import ScopeKind, SignInPolicy


class SignInPolicyRows(Protocol):
    def signin_policies(self) -> Sequence[SignInPolicy]:
        """By kind and name."""
        ...

    def put_signin_policy(self, policy: SignInPolicy) -> None: ...

    def delete_signin_policy(self, kind: ScopeKind, name: str) -> None: ...


class SignInPolicySlice(DirectorySlice, Protocol):
    @property
    def signin_policies(self) -> SignInPolicyRows: ...
