"""How does the tour call the AWS door? With unmodified boto3, showing each call as the AWS CLI's command for it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from demo.failure import TourFailed
from demo.screen import Screen

REGION = "us-east-1"
_CONFIG = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=15)


@dataclass(frozen=True, slots=True)
class Answer:
    """`request_id` finds the event in the trail."""

    body: Mapping[str, Any]
    request_id: str

    def __getitem__(self, key: str) -> Any:
        return self.body[key]


@dataclass(frozen=True, slots=True)
class Refusal:
    code: str
    message: str
    request_id: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@dataclass(frozen=True, slots=True)
class Keys:
    """Temporary credentials, or none for calls that are not signed; `who` is what the tour calls their holder."""

    who: str
    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, who: str, credentials: Mapping[str, Any]) -> Keys:
        """From the form of STS and of `credential_process`, which agree."""
        return cls(
            who,
            {
                "aws_access_key_id": credentials["AccessKeyId"],
                "aws_secret_access_key": credentials["SecretAccessKey"],
                "aws_session_token": credentials["SessionToken"],
            },
        )


def forget_own_configuration() -> None:
    """The visitor's own AWS account is none of the tour's business: boto3 shall not see its settings."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)


class AwsDoor:
    def __init__(self, endpoint: str, screen: Screen) -> None:
        self._endpoint = endpoint
        self._screen = screen
        self._clients: dict[tuple[str, str], Any] = {}

    def call(self, keys: Keys, service: str, operation: str, **parameters: Any) -> Answer:
        """Without a word on the screen. Raises botocore's ClientError."""
        answer = getattr(self._client(keys, service), operation)(**parameters)
        return Answer(answer, answer["ResponseMetadata"].get("RequestId", ""))

    def ask(self, keys: Keys, service: str, operation: str, **parameters: Any) -> Answer:
        """Shown as a command. Raises TourFailed when it is refused."""
        self._show(keys, service, operation, parameters)
        try:
            return self.call(keys, service, operation, **_sent(parameters))
        except ClientError as refused:
            raise TourFailed(f"{service} {operation} was refused: {refused}") from refused

    def ask_in_vain(self, keys: Keys, service: str, operation: str, **parameters: Any) -> Refusal:
        """Shown as a command. Raises TourFailed when it is not refused."""
        self._show(keys, service, operation, parameters)
        try:
            self.call(keys, service, operation, **_sent(parameters))
        except ClientError as refused:
            error = refused.response["Error"]
            request_id = refused.response["ResponseMetadata"].get("RequestId", "")
            return Refusal(error["Code"], error["Message"], request_id)
        raise TourFailed(f"{service} {operation} was answered, but it must be refused")

    def _show(self, keys: Keys, service: str, operation: str, parameters: Mapping[str, Any]) -> None:
        self._screen.asked(as_command(service, operation, parameters), by=keys.who)

    def _client(self, keys: Keys, service: str) -> Any:
        known = (service, keys.values.get("aws_session_token", ""))
        if known not in self._clients:
            unsigned = Config(signature_version="unsigned") if not keys.values else Config()
            self._clients[known] = boto3.client(
                service,
                region_name=REGION,
                endpoint_url=self._endpoint,
                config=_CONFIG.merge(unsigned),
                **dict(keys.values),
            )
        return self._clients[known]


@dataclass(frozen=True, slots=True)
class Shown:
    """A value that the command fetches by another command instead of showing it."""

    value: str = field(repr=False)
    fetched_by: str


def as_command(service: str, operation: str, parameters: Mapping[str, Any]) -> str:
    words = ["aws", service, operation.replace("_", "-")]
    options = [f"--{xform_name(name, '-')} {_word(value)}" for name, value in parameters.items()]
    return " \\\n  ".join([" ".join(words), *options]) if len(options) > 1 else " ".join([*words, *options])


def _word(value: object) -> str:
    return f'"$({value.fetched_by})"' if isinstance(value, Shown) else shlex.quote(str(value))


def _sent(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.value if isinstance(value, Shown) else value for name, value in parameters.items()}
