"""Whose word does the operator take for the model of an authenticator? (setting `authenticator_roots`)

A PEM file of root certificates, as makers and the FIDO Metadata Service publish them. Without it no security key can
prove its model, so where only some models are allowed none can be added.
"""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ostiary.app.data_directory import DataDirectory
from ostiary.app.settings import SettingsRefused, read_stored

_MAX_FILE = 4 * 1024 * 1024


def authenticator_roots(directory: DataDirectory) -> tuple[bytes, ...]:
    """Each root as PEM. Raises SettingsRefused: a rule that counts on them must not run without them unnoticed."""
    named = read_stored(directory).authenticator_roots
    return _roots_in(directory.path / named) if named else ()


def _roots_in(path: Path) -> tuple[bytes, ...]:
    try:
        if path.stat().st_size > _MAX_FILE:
            raise SettingsRefused(f"authenticator_roots: `{path}` is larger than {_MAX_FILE} bytes")
        certificates = x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as failure:
        reason = (failure.strerror or str(failure)).lower()
        raise SettingsRefused(f"authenticator_roots: `{path}` cannot be read: {reason}") from failure
    except ValueError as failure:
        raise SettingsRefused(f"authenticator_roots: `{path}` is no file of PEM certificates") from failure
    return tuple(certificate.public_bytes(Encoding.PEM) for certificate in certificates)
