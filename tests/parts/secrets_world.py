"""How do tests reach secrets, the trail and reports over the AWS door? A world with these services mounted as well."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ostiary.domain.access.simulation import Simulations
from ostiary.domain.access.standing import Standings
from ostiary.domain.audit.lookup import EventLookup
from ostiary.domain.posture.credential_report import CredentialReports
from ostiary.domain.secrets.creation import SecretCreation
from ostiary.domain.secrets.deletion import SecretDeletion, SecretPurge
from ostiary.domain.secrets.gate import SecretGate
from ostiary.domain.secrets.listing import SecretListing
from ostiary.domain.secrets.reading import SecretReading
from ostiary.domain.secrets.relabelling import SecretRelabelling
from ostiary.domain.secrets.shelf import SecretShelf
from ostiary.domain.secrets.tagging import SecretTagging
from ostiary.domain.secrets.writing import SecretWriting
from ostiary.kit.current import Current
from ostiary.protocols.aws import accessanalyzer, cloudtrail, iam, secretsmanager
from ostiary.protocols.aws.wire.service import MountedService, mount
from parts.aws_world import ACCOUNT, World, policy, role_arn, trusts


class SecretsWorld(World):
    """`admin` is boto3's keyword arguments for the administrator."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.purge = SecretPurge(transactions=self.database, clock=self.clock)
        analyzer = mount(accessanalyzer.SERVICE, accessanalyzer.AccessAnalyzerRooms())
        mounted = [self._secrets(), self._trail(), self._reports(), analyzer]
        more = {(service.name, name): row for service in mounted for name, row in service.operations.items()}
        self.gateway._operations = {**self.gateway._operations, **more}
        issued = self.operator_credentials.issue(None, self.clock.now())
        self.admin = {
            "aws_access_key_id": issued.access_key_id,
            "aws_secret_access_key": issued.secret_access_key.reveal(),
            "aws_session_token": issued.session_token,
        }

    def secrets(self, credentials: Mapping[str, str] | None = None) -> Any:
        return self.client("secretsmanager", credentials or self.admin)

    def session(
        self, *statements: Mapping[str, Any], tags: Mapping[str, str] | None = None, account: str = ACCOUNT
    ) -> dict[str, str]:
        """Credentials of a role that has these statements and session tags."""
        name = f"app{len(self.indexes.access.value.roles)}"
        trust = policy(trusts({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, ["sts:AssumeRole", "sts:TagSession"]))
        self.put_role(name, trust=trust, account=account, policies={"own": policy(*statements)})
        self.reload()
        answer = self.client("sts", self.admin).assume_role(
            RoleArn=role_arn(name, account),
            RoleSessionName="worker",
            Tags=[{"Key": key, "Value": value} for key, value in (tags or {}).items()],
        )
        given = answer["Credentials"]
        return {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }

    def _secrets(self) -> MountedService:
        gate = SecretGate(authorizer=self.authorizer)
        database, clock, keys = self.database, self.clock, self.keys
        shelf = Current(SecretShelf())

        def empty() -> None:
            """As memory does before the next request, when a secret was changed."""
            shelf.value = SecretShelf()

        database.on_change = empty
        rooms = secretsmanager.SecretsManagerRooms(
            creation=SecretCreation(transactions=database, gate=gate, keys=keys, clock=clock),
            reading=SecretReading(
                transactions=database,
                gate=gate,
                keys=keys,
                recorder=database,
                last_use=self.last_use,
                clock=clock,
                shelf=shelf,
            ),
            writing=SecretWriting(transactions=database, gate=gate, keys=keys, clock=clock),
            relabelling=SecretRelabelling(transactions=database, gate=gate, clock=clock),
            deletion=SecretDeletion(transactions=database, gate=gate, clock=clock),
            tagging=SecretTagging(transactions=database, gate=gate, clock=clock),
            listing=SecretListing(transactions=database, last_use=self.last_use),
        )
        return mount(secretsmanager.SERVICE, rooms)

    def _trail(self) -> MountedService:
        lookup = EventLookup(transactions=self.database, first_account=ACCOUNT)
        return mount(cloudtrail.SERVICE, cloudtrail.CloudTrailRooms(lookup=lookup))

    def _reports(self) -> MountedService:
        reports = CredentialReports(transactions=self.database, last_use=self.last_use, clock=self.clock)
        standings = Standings(index=self.indexes.access, transactions=self.database, clock=self.clock)
        simulations = Simulations(index=self.indexes.access, standings=standings)
        return mount(iam.SERVICE, iam.IamRooms(credential_reports=reports, simulations=simulations))
