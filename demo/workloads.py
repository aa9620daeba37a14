"""Steps 1 to 3: machines come with tokens of outside issuers, and get what is theirs and nothing else."""

from __future__ import annotations

from demo.doors import Answer, Keys, Refusal, Shown
from demo.stage import Stage
from demo.trail import as_line

OWN_SECRET = "payments/database"  # noqa: S105 - a name
FOREIGN_SECRET = "orders/database"  # noqa: S105 - a name
NOBODY = Keys("the build, without any key")
_FOREIGN_SUBJECT = "repo:somebody/else:ref:refs/heads/main"


def get_credentials(stage: Stage) -> Keys:
    """Step 1."""
    screen, role = stage.screen, stage.role_arn("shop-deploy")
    screen.say(
        "A build on GitHub Actions holds a token that its issuer signed for this run. It keeps no key of ours:"
        " the role's trust policy names the issuer, the audience and the subject."
    )
    token = Shown(stage.issuers.github.token(), f"curl -s {stage.issuers.github.url}/token")
    wanted = {"RoleArn": role, "RoleSessionName": "build-1", "WebIdentityToken": token}
    answer = stage.door.ask(NOBODY, "sts", "assume_role_with_web_identity", **wanted)
    issued = answer["Credentials"]
    screen.answered(
        f"{issued['AccessKeyId']}, until {issued['Expiration']:%H:%M:%S} UTC, for {answer['SourceIdentity']}"
    )
    tell_event(stage, "AssumeRoleWithWebIdentity", answer)
    build = Keys.of("the build", issued)
    who = stage.door.ask(build, "sts", "get_caller_identity")
    screen.answered(who["Arn"])
    tell_event(stage, "GetCallerIdentity", who)
    return build


def read_own_secret(stage: Stage, build: Keys) -> None:
    """Step 2."""
    stage.screen.say("The value is sealed under a key of its own; the event is on disk before the answer leaves.")
    answer = stage.door.ask(build, "secretsmanager", "get_secret_value", SecretId=OWN_SECRET)
    stage.screen.answered(f"{answer['SecretString'][:6]}… ({len(answer['SecretString'])} characters), {answer['ARN']}")
    tell_event(stage, "GetSecretValue", answer)


def be_denied(stage: Stage, build: Keys) -> None:
    """Step 3."""
    stage.screen.say("Another team's secret: no policy of the role allows it, and the answer says so.")
    refusal = stage.door.ask_in_vain(build, "secretsmanager", "get_secret_value", SecretId=FOREIGN_SECRET)
    stage.screen.refused(str(refusal))
    tell_event(stage, "GetSecretValue", refusal)
    stage.screen.say("A token of the same issuer, well signed, but made for somebody else's repository:")
    issuer = stage.issuers.github
    fetch = f"curl -s '{issuer.url}/token?sub={_FOREIGN_SUBJECT}'"
    foreign = Shown(issuer.token(_FOREIGN_SUBJECT), fetch)
    refusal = stage.door.ask_in_vain(
        NOBODY,
        "sts",
        "assume_role_with_web_identity",
        RoleArn=stage.role_arn("shop-deploy"),
        RoleSessionName="build-1",
        WebIdentityToken=foreign,
    )
    stage.screen.refused(str(refusal))
    tell_event(stage, "AssumeRoleWithWebIdentity", refusal)


def tell_event(stage: Stage, name: str, answer: Answer | Refusal) -> None:
    stage.screen.event(as_line(stage.trail.of_request(name, answer.request_id)))
