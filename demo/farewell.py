"""What can a visitor do now? Addresses, people to sign in as, and commands to copy."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from urllib.parse import quote, urlencode

from demo.doors import REGION
from demo.people import Enrolled
from demo.stage import OSTIARY, Stage, as_typed

_AWS = Path(sys.executable).parent / "aws"


def tell_addresses(stage: Stage, person: Enrolled) -> None:
    screen, secret = stage.screen, person.authenticator.secret
    screen.title("Now it is yours")
    screen.say("Sign in as Maria, who is enrolled:")
    screen.fact("address", f"{stage.base_url}/signin")
    screen.fact("user name", person.user_name)
    screen.fact("password", person.password)
    screen.fact("authenticator", _otpauth(person.user_name, secret))
    screen.say("or, without an app, the code of this moment (each code works once):")
    screen.command(as_typed([sys.executable, "-m", "demo.authenticator", secret]))
    screen.say("Or follow a one-time link and enrol yourself:")
    for user_name, link in stage.links.items():
        if user_name != person.user_name:
            screen.fact(user_name, link)


def tell_commands(stage: Stage) -> None:
    screen, ostiary, aws = stage.screen, str(OSTIARY), as_typed([str(_AWS)])
    credentials = as_typed([ostiary, "credentials", "--data", str(stage.place.data), "--format", "env"])
    screen.say("In another terminal, as the local operator, with the AWS CLI:")
    screen.command(f'eval "$({credentials})"')
    screen.command(f"export AWS_ENDPOINT_URL={stage.endpoint} AWS_DEFAULT_REGION={REGION}")
    screen.command(f"{aws} sts get-caller-identity")
    screen.command(f"{aws} secretsmanager list-secrets")
    screen.command(f"{aws} cloudtrail lookup-events --max-results 5")
    screen.say("As a pod of a Kubernetes cluster, which holds no credentials but its token:")
    screen.command(f"curl -s {stage.issuers.kubernetes.url}/token > {shlex.quote(_token_file(stage))}")
    screen.command(
        f"env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY -u AWS_SESSION_TOKEN"
        f" AWS_ENDPOINT_URL={stage.endpoint} AWS_DEFAULT_REGION={REGION} \\\n"
        f"  AWS_ROLE_ARN={stage.role_arn('orders-api')}"
        f" AWS_WEB_IDENTITY_TOKEN_FILE={shlex.quote(_token_file(stage))} \\\n"
        f"  {aws} secretsmanager get-secret-value --secret-id orders/database"
    )


def _token_file(stage: Stage) -> str:
    return as_typed([str(stage.place.path / "pod-token")])


def _otpauth(user_name: str, secret: str) -> str:
    values = {"secret": secret, "issuer": "Acme"}
    return f"otpauth://totp/{quote(f'Acme:{user_name}', safe=':')}?{urlencode(values)}"
