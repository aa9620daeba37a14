"""Which facts does a person's own account touch?"""

from __future__ import annotations

from typing import Protocol

from ostiary.domain.signin.slices import SigninSlice


class AccountSlice(SigninSlice, Protocol): ...
