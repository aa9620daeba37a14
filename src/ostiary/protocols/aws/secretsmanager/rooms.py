"""Which domain services do the operations of Secrets Manager use?"""

from __future__ import annotations

from dataclasses import dataclass

from ostiary.domain.secrets.creation import SecretCreation
from ostiary.domain.secrets.deletion import SecretDeletion
from ostiary.domain.secrets.listing import SecretListing
from ostiary.domain.secrets.reading import SecretReading
from ostiary.domain.secrets.relabelling import SecretRelabelling
from ostiary.domain.secrets.tagging import SecretTagging
from ostiary.domain.secrets.writing import SecretWriting


@dataclass(frozen=True, slots=True)
class SecretsManagerRooms:
    creation: SecretCreation
    reading: SecretReading
    writing: SecretWriting
    relabelling: SecretRelabelling
    deletion: SecretDeletion
    tagging: SecretTagging
    listing: SecretListing
