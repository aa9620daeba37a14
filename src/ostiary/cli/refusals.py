"""What may a command meet that is the operator's to solve? And what do several commands need of an opened house?"""

from __future__ import annotations

from ostiary.app.data_directory import DataDirectoryUnusable
from ostiary.app.development import running_at
from ostiary.app.house import House
from ostiary.app.mail import read_mail_settings
from ostiary.app.organization.kept import NoOrganization
from ostiary.app.settings import DEFAULT_LISTEN, SettingsRefused, read_stored
from ostiary.domain.audit.errors import DomainError
from ostiary.domain.credentials.server_keys import ServerKeysUnusable
from ostiary.domain.mail.outbox import Outbox
from ostiary.domain.signin.invitation import Invitations
from ostiary.storage.backup import BackupUnusable
from ostiary.storage.migrate import SchemaOutdated

REFUSALS = (
    DataDirectoryUnusable,
    SettingsRefused,
    ServerKeysUnusable,
    SchemaOutdated,
    BackupUnusable,
    NoOrganization,
    DomainError,
    ValueError,
)


def issuer_of(house: House) -> str:
    """The address that `init --issuer` remembered, else where `serve` listens when nothing is said."""
    return (read_stored(house.directory).issuer or f"http://{DEFAULT_LISTEN}").rstrip("/")


def invitations_of(house: House) -> Invitations:
    """With a mail server the link is mailed, too; a development server without one shows it in its mailbox."""
    development = running_at(house.directory)
    settings = read_mail_settings(house.directory, development=True)  # `serve` checks what is for development only
    return Invitations(
        transactions=house.database,
        authorizer=house.authorizer,
        clock=house.clock,
        issuer=development or issuer_of(house),
        outbox=Outbox(keys=house.remembered.keys, mailing=settings.mailing(development=development is not None)),
    )
