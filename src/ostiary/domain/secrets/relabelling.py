"""How does a stage move from one version to another by hand?

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.secrets.errors import InvalidSecretParameter, SecretNotFound
from ostiary.domain.secrets.gate import Asked, SecretGate
from ostiary.domain.secrets.model import AWSCURRENT, Secret
from ostiary.domain.secrets.slices import SecretChanges
from ostiary.domain.secrets.stages import Stages, check_stage, holder, moved
from ostiary.kit.clock import Clock
from ostiary.kit.transactions import Transactions


@dataclass(frozen=True, slots=True)
class StageMove:
    """From `source` to `target`; without a source the stage was on no version, without a target it is taken away."""

    stage: str
    source: str | None
    target: str | None


class SecretRelabelling:
    def __init__(self, *, transactions: Transactions[SecretChanges], gate: SecretGate, clock: Clock) -> None:
        self._transactions = transactions
        self._gate = gate
        self._clock = clock

    def move(self, caller: Caller, secret_id: str, move: StageMove) -> Secret:
        """Raises AccessDenied, SecretNotFound, InvalidSecretParameter, InvalidSecretRequest."""
        check_stage(move.stage)
        conditions = {"secretsmanager:VersionStage": move.stage}
        asked = Asked("secretsmanager:UpdateSecretVersionStage", secret_id, conditions)
        with self._transactions.read() as tx:
            self._gate.load_living(tx.secrets, caller, asked)
        return self._transactions.write(lambda tx: self._write(tx, caller, asked, move))

    def _write(self, tx: SecretChanges, caller: Caller, asked: Asked, move: StageMove) -> Secret:
        secret, now = self._gate.load_living(tx.secrets, caller, asked), self._clock.now()
        stages = {version.version_id: version.stages for version in tx.secrets.version_facts([secret.arn])}
        _check_move(stages, move)
        tx.secrets.move_stages(secret.arn, _changes(stages, move))
        changed = replace(secret, changed_at=now)
        tx.secrets.put_secret(changed)
        _append(tx, caller, changed, move, now)
        return changed


def _check_move(stages: Stages, move: StageMove) -> None:
    for version_id in (move.source, move.target):
        if version_id is not None and version_id not in stages:
            raise SecretNotFound(f"Secrets Manager can't find the specified secret value for VersionId: {version_id}")
    attached = holder(stages, move.stage)
    if attached is not None and move.source is None and attached != move.target:
        raise InvalidSecretParameter(
            f"The parameter RemoveFromVersionId can't be empty. Staging label {move.stage} is currently attached to"
            f" version {attached}, so you must explicitly reference that version in RemoveFromVersionId."
        )
    if move.source is not None and attached != move.source:
        raise InvalidSecretParameter(
            f"The staging label {move.stage} is not attached to version {move.source}: look at the secret's versions."
        )
    if move.target is None:
        _check_removal(move)


def _check_removal(move: StageMove) -> None:
    if move.source is None:
        raise InvalidSecretParameter("Give MoveToVersionId, RemoveFromVersionId, or both.")
    if move.stage == AWSCURRENT:
        raise InvalidSecretParameter(
            f"You can only move staging label {AWSCURRENT} to a different secret version."
            " It can't be completely removed."
        )


def _changes(stages: Stages, move: StageMove) -> dict[str, frozenset[str]]:
    if move.target is not None:
        return moved(stages, frozenset({move.stage}), to=move.target)
    source = move.source or ""
    return {source: stages[source] - {move.stage}}


def _append(tx: SecretChanges, caller: Caller, secret: Secret, move: StageMove, now: datetime) -> None:
    details = {
        "secretName": secret.name,
        "versionStage": move.stage,
        "removeFromVersionId": move.source or "",
        "moveToVersionId": move.target or "",
    }
    tx.audit.append(
        event_of(caller, EventName.UPDATE_SECRET_VERSION_STAGE, at=now, resources=[secret.arn], details=details)
    )
