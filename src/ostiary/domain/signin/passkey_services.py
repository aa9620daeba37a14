"""Which services for passkeys are there? Made together, and handed on together."""

from __future__ import annotations

from dataclasses import dataclass

from ostiary.domain.credentials.passkeys import Passkeys
from ostiary.domain.signin.passkey_adding import PasskeyAdding
from ostiary.domain.signin.passkey_proof import PasskeyProofs
from ostiary.domain.signin.passkey_sign_in import PasskeySignIn


@dataclass(frozen=True, slots=True)
class PasskeyServices:
    passkeys: Passkeys
    proofs: PasskeyProofs
    sign_in: PasskeySignIn
    adding: PasskeyAdding
