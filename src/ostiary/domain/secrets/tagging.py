"""Who may change the tags that decide access, and to what?

The decision sees both the tags that the secret has and those that the request gives, so that a policy can forbid
tagging oneself in. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_TagResource.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.event import Details, event_of
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.secrets.creation import request_tags
from ostiary.domain.secrets.gate import Asked, SecretGate
from ostiary.domain.secrets.slices import SecretChanges
from ostiary.domain.secrets.tags import merged, without
from ostiary.kit.clock import Clock
from ostiary.kit.transactions import Transactions

Tags = Mapping[str, str]


class SecretTagging:
    def __init__(self, *, transactions: Transactions[SecretChanges], gate: SecretGate, clock: Clock) -> None:
        self._transactions = transactions
        self._gate = gate
        self._clock = clock

    def tag(self, caller: Caller, secret_id: str, tags: Tags) -> None:
        """`tags` come from `tags_of`. Raises AccessDenied, SecretNotFound, InvalidSecretRequest."""
        asked = Asked("secretsmanager:TagResource", secret_id, request_tags(tags))
        self._change(caller, asked, EventName.TAG_RESOURCE, sorted(tags), lambda old: merged(old, tags))

    def untag(self, caller: Caller, secret_id: str, keys: Sequence[str]) -> None:
        """Raises AccessDenied, SecretNotFound, InvalidSecretRequest; a key that is not there is no error."""
        asked = Asked("secretsmanager:UntagResource", secret_id, {"aws:TagKeys": tuple(keys)} if keys else {})
        self._change(caller, asked, EventName.UNTAG_RESOURCE, sorted(keys), lambda old: without(old, keys))

    def _change(
        self, caller: Caller, asked: Asked, name: EventName, keys: list[str], change: Callable[[Tags], Tags]
    ) -> None:
        with self._transactions.read() as tx:
            self._gate.load_living(tx.secrets, caller, asked)

        def work(tx: SecretChanges) -> None:
            secret, now = self._gate.load_living(tx.secrets, caller, asked), self._clock.now()
            tx.secrets.put_secret(replace(secret, tags=change(secret.tags), changed_at=now))
            details: Details = {"secretName": secret.name, "tagKeys": keys}
            tx.audit.append(event_of(caller, name, at=now, resources=[secret.arn], details=details))

        self._transactions.write(work)
