"""How is a passkey made for a person, and what does using it prove? WebAuthn Level 3; BP01-3, BP01-4, BP01-8.

Every passkey is discoverable and verifies its person, so that it is both factors at once and needs no user name. A
ceremony has two halves: options with a challenge go out (nothing is written), and the answer is verified outside of a
transaction and counts inside of one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ostiary.domain.audit.errors import FactsConflict
from ostiary.domain.credentials.authenticator_models import MODEL_NAMES
from ostiary.domain.credentials.challenges import LIFE, Asked, Challenge, Challenges
from ostiary.domain.credentials.model import Passkey
from ostiary.domain.credentials.passkey_errors import PasskeyRefused, PasskeysUnavailable, PasskeyUnacceptable
from ostiary.domain.credentials.ports import CredentialRows
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.directory.model import Person
from ostiary.kit import ids
from ostiary.kit.crypto import webauthn
from ostiary.kit.crypto.jose_form import encode_base64url
from ostiary.kit.current import Current
from ostiary.kit.texts import Text

MOST_PASSKEYS = 20
HARDWARE, SOFTWARE = "hwk", "swk"  # RFC 8176: bound to its device, or copied to others by whoever keeps it
Options = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A verified credential that is nobody's yet."""

    registered: webauthn.Registered
    challenge: Challenge


@dataclass(frozen=True, slots=True)
class UsedPasskey:
    """A verified use of `passkey` as it was read; it counts only when `Passkeys.accept` takes it."""

    passkey: Passkey
    asserted: webauthn.Asserted
    challenge: Challenge


class Passkeys:
    """`roots` (PEM) are of the authenticators' makers, for directories that allow some models only."""

    def __init__(
        self,
        *,
        keys: Current[ServerKeys],
        issuer: str,
        organization: Callable[[], str],
        roots: Sequence[bytes] = (),
    ) -> None:
        self._challenges = Challenges(keys=keys)
        self._party = webauthn.find_relying_party(issuer)
        self._organization = organization
        self._roots = tuple(roots)

    @property
    def available(self) -> bool:
        """Whether browsers do WebAuthn at the server's address."""
        return self._party is not None

    @property
    def party(self) -> webauthn.RelyingParty:
        """Raises PasskeysUnavailable."""
        if self._party is None:
            raise PasskeysUnavailable
        return self._party

    def creation_options(
        self, person: Person, hers: Sequence[Passkey], asked: Asked, now: datetime, *, models: frozenset[str] | None
    ) -> Options:
        """`PublicKeyCredentialCreationOptionsJSON`; `hers` keep one authenticator from making a second one."""
        return {
            "rp": {"id": self.party.party_id, "name": self._organization()},
            "user": {
                "id": encode_base64url(user_handle_of(person.person_id)),
                "name": person.user_name,
                "displayName": person.display_name,
            },
            "challenge": self._challenge(asked, now),
            "pubKeyCredParams": [{"type": "public-key", "alg": int(alg)} for alg in webauthn.ALGORITHMS],
            "timeout": _milliseconds(),
            "excludeCredentials": [_descriptor(one) for one in hers],
            "authenticatorSelection": {
                "residentKey": "required",
                "requireResidentKey": True,
                "userVerification": "required",
            },
            "attestation": "none" if models is None else "direct",
            "extensions": {"credProps": True},
        }

    def request_options(self, asked: Asked, now: datetime, *, allowed: Sequence[Passkey] = ()) -> Options:
        """`PublicKeyCredentialRequestOptionsJSON`; without `allowed` any passkey of this server may answer."""
        return {
            "rpId": self.party.party_id,
            "challenge": self._challenge(asked, now),
            "timeout": _milliseconds(),
            "allowCredentials": [_descriptor(one) for one in allowed],
            "userVerification": "required",
        }

    def verify_new(self, answer: str, asked: Asked, now: datetime, *, models: frozenset[str] | None) -> NewPasskey:
        """Raises PasskeyRefused, and PasskeyUnacceptable for a model that is not one of `models`."""
        try:
            response = webauthn.read_registration(answer)
            challenge = self._challenges.check(response.challenge, asked, now)
            registered = webauthn.verify_registration(
                response, party=self.party, challenge=challenge.raw, models=models, roots=self._roots
            )
        except webauthn.WebauthnError as error:
            if models is None:
                raise PasskeyRefused(str(error)) from None
            raise PasskeyUnacceptable(
                Text("your organization allows certain authenticators only, and this one did not prove to be one"),
                operator_text=str(error),
            ) from None
        return NewPasskey(registered, challenge)

    def add(self, rows: CredentialRows, person: Person, new: NewPasskey, *, name: str, now: datetime) -> Passkey:
        """Inside the transaction. Raises PasskeyRefused, PasskeyUnacceptable."""
        # ORDER: the challenge is spent first, so that one answer never makes two.
        new.challenge.spend(rows)
        if len(rows.passkeys(person.person_id)) >= MOST_PASSKEYS:
            raise PasskeyUnacceptable(
                Text("you have {count} passkeys, and cannot have more: remove one first", count=MOST_PASSKEYS)
            )
        made = new.registered
        passkey = Passkey(
            factor_id=ids.uuid7(),
            person_id=person.person_id,
            name=MODEL_NAMES.get(made.aaguid, name),
            credential_id=made.credential_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
            aaguid=made.aaguid,
            transports=made.transports,
            attestation=made.attestation,
            discoverable=True,
            backup_eligible=made.backup_eligible,
            backed_up=made.backed_up,
            created_at=now,
        )
        _add_unique(rows, passkey)
        return passkey

    def read(self, answer: str, asked: Asked, now: datetime) -> tuple[webauthn.Response, Challenge]:
        """What the browser says, before anything is looked up. Raises PasskeyRefused."""
        try:
            response = webauthn.read_assertion(answer)
        except webauthn.WebauthnError as error:
            raise PasskeyRefused(str(error)) from None
        return response, self._challenges.check(response.challenge, asked, now)

    def verify_use(
        self, response: webauthn.Response, challenge: Challenge, passkey: Passkey | None, *, person_id: str | None
    ) -> UsedPasskey:
        """`person_id` is who must have it, when that is known already. Raises PasskeyRefused."""
        # ORDER: a signature is verified first, whatever was found, so that time tells nothing.
        key = passkey.public_key if passkey is not None else webauthn.absent_public_key()
        try:
            asserted = webauthn.verify_assertion(response, party=self.party, challenge=challenge.raw, public_key=key)
        except webauthn.WebauthnError as error:
            if passkey is not None:
                raise PasskeyRefused(str(error)) from None
            raise PasskeyRefused("nobody has this credential", unknown=response.credential_id) from None
        if passkey is None:
            raise PasskeyRefused("nobody has this credential", unknown=response.credential_id)
        if person_id is not None and passkey.person_id != person_id:
            raise PasskeyRefused("the credential belongs to another person")
        handle = response.user_handle
        # Section 7.2 step 6: without a known person the authenticator itself must say whose credential it is.
        if handle != user_handle_of(passkey.person_id) and not (handle is None and person_id is not None):
            raise PasskeyRefused("the authenticator says that the credential belongs to another person")
        return UsedPasskey(passkey, asserted, challenge)

    def accept(self, rows: CredentialRows, used: UsedPasskey) -> Passkey:
        """Inside the transaction: the passkey as it is from now on. Raises PasskeyRefused, CounterWentBack."""
        used.challenge.spend(rows)
        passkey = rows.passkey_by_credential_id(used.passkey.credential_id)
        if passkey is None or passkey.factor_id != used.passkey.factor_id:
            raise PasskeyRefused("the passkey was removed at this moment")
        _check_counter(passkey, used.asserted)
        if passkey.backup_eligible != used.asserted.backup_eligible:
            raise PasskeyRefused("the authenticator changed its mind whether the passkey can be copied")
        current = replace(passkey, sign_count=used.asserted.sign_count, backed_up=used.asserted.backed_up)
        if current != passkey:
            rows.put_passkey(current)
        return current

    def _challenge(self, asked: Asked, now: datetime) -> str:
        return encode_base64url(self._challenges.new(asked, now))


class CounterWentBack(PasskeyRefused):
    """Two authenticators sign with one credential: one of them is a copy (section 6.1.1)."""


def methods_of(passkey: Passkey) -> tuple[str, ...]:
    """RFC 8176 values that one use proves: possession of a key, and user verification, which are two factors."""
    return (SOFTWARE if passkey.backup_eligible else HARDWARE, "user", "mfa")


def user_handle_of(person_id: str) -> bytes:
    """Opaque, and without anything about the person (section 14.6.1)."""
    return person_id.encode()


def _check_counter(passkey: Passkey, asserted: webauthn.Asserted) -> None:
    """Section 7.2 step 22: authenticators that do not count stay at 0."""
    if asserted.sign_count == 0 and passkey.sign_count == 0:
        return
    if asserted.sign_count <= passkey.sign_count:
        raise CounterWentBack(
            f"the counter of passkey {passkey.factor_id} went from {passkey.sign_count} to {asserted.sign_count}"
        )


def _add_unique(rows: CredentialRows, passkey: Passkey) -> None:
    try:
        if rows.passkey_by_credential_id(passkey.credential_id) is None:
            rows.add_passkey(passkey)
            return
    except FactsConflict:
        pass
    raise PasskeyUnacceptable(
        Text("this passkey is registered already: use another authenticator, or remove it where it is registered")
    )


def _descriptor(passkey: Passkey) -> Options:
    return {
        "type": "public-key",
        "id": encode_base64url(passkey.credential_id),
        "transports": list(passkey.transports),
    }


def _milliseconds() -> int:
    return int(LIFE.total_seconds() * 1000)
