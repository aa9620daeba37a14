"""Of which model is an authenticator, and does a certificate say so? WebAuthn Level 3 sections 6.5 and 8.

The library verifies a statement's signature and, given roots, its chain. That the certificate speaks of this model
(its extension `id-fido-gen-ce-aaguid`, section 8.2.1) is asked here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from cryptography import x509

if TYPE_CHECKING:
    from webauthn.helpers.structs import AttestationFormat

_AAGUID = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
_DER_OCTETS = b"\x04\x10"
_MAX_CERTIFICATES = 8
# Formats whose makers' roots are the operator's to give; the library has those of Apple and Google.
_PACKED = "packed"
_NEED_ROOTS = (_PACKED, "tpm", "fido-u2f")
_HAVE_ROOTS = ("apple", "android-key")


class AttestationError(Exception):
    """The text is for the operator."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """`certificates` are the statement's own, the authenticator's first; none with `none` and self attestation."""

    format: str
    authenticator_data: bytes
    certificates: tuple[bytes, ...]

    def check_names_model(self, aaguid: str) -> None:
        """A certificate that names a model names this one. Raises AttestationError."""
        named = self._model_in_certificate()
        if named is not None and named != aaguid:
            raise AttestationError(f"the certificate is of the model {named}, the authenticator says {aaguid}")

    def check_proves_model(self, *, has_roots: bool) -> None:
        """After the library verified chain and statement. Raises AttestationError."""
        if not self.certificates:
            raise AttestationError("the authenticator did not prove its model")
        if self.format in _NEED_ROOTS and not has_roots:
            raise AttestationError("no root certificates of authenticators are configured, so no model can be proved")
        if self.format not in (*_NEED_ROOTS, *_HAVE_ROOTS):
            raise AttestationError(f"attestation of the format `{self.format[:40]}` proves no model")
        if self.format == _PACKED and self._model_in_certificate() is None:
            raise AttestationError("the certificate does not say of which model the authenticator is")

    def _model_in_certificate(self) -> str | None:
        if not self.certificates:
            return None
        certificate = x509.load_der_x509_certificate(self.certificates[0])
        try:
            extension = certificate.extensions.get_extension_for_oid(_AAGUID)
        except x509.ExtensionNotFound:
            return None
        value = extension.value
        raw = value.value if isinstance(value, x509.UnrecognizedExtension) else b""
        if extension.critical or raw[:2] != _DER_OCTETS or len(raw) != len(_DER_OCTETS) + 16:
            raise AttestationError("the certificate names its model in another form than it must")
        return str(UUID(bytes=raw[2:]))


def read_attestation(raw: bytes) -> Attestation:
    """The attestation object, whose CBOR is one plain item. Raises AttestationError."""
    from webauthn.helpers import parse_cbor  # noqa: PLC0415 - slow to load, see webauthn.py

    given = parse_cbor(raw)
    if not isinstance(given, dict) or set(given) != {"fmt", "authData", "attStmt"}:
        raise AttestationError("the attestation object has other members than it must")
    form, data, statement = given["fmt"], given["authData"], given["attStmt"]
    if not isinstance(form, str) or not isinstance(data, bytes) or not isinstance(statement, dict):
        raise AttestationError("the attestation object has members of the wrong type")
    certificates = statement.get("x5c", [])
    if not isinstance(certificates, list) or len(certificates) > _MAX_CERTIFICATES:
        raise AttestationError("the attestation's certificates are not a short list")
    if not all(isinstance(one, bytes) for one in certificates):
        raise AttestationError("the attestation's certificates are no bytes")
    return Attestation(form, data, tuple(certificates))


def roots_by_format(roots: Sequence[bytes]) -> dict[AttestationFormat, list[bytes]]:
    from webauthn.helpers.structs import AttestationFormat  # noqa: PLC0415 - as above

    return {AttestationFormat(form): list(roots) for form in _NEED_ROOTS}
