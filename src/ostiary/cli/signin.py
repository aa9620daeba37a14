"""`ostiary signin`: how must people sign in? The whole table of sign-in policies, and what it means for one person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import House, open_house
from ostiary.cli.output import AsJson, fail, write_json, write_text
from ostiary.cli.refusals import REFUSALS
from ostiary.domain.applications.errors import UnknownApplication
from ostiary.domain.directory.errors import UnknownPerson
from ostiary.domain.directory.model import Person
from ostiary.domain.directory.people import check_user_name
from ostiary.domain.signin_policy.model import RiskRules, SignInPolicy, SignInRules

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="See how people must sign in.")
Data = Annotated[Path, typer.Option("--data", help="Data directory that `ostiary init` made.")]
_KEY = frozenset({"kind", "name"})
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


@app.command("policies")
def show_policies(data: Data, *, as_json: AsJson = False) -> None:
    """Print the table of sign-in policies: every row, and what holds for people of each directory."""
    try:
        with open_house(DataDirectory(data)) as house:
            index = house.remembered.signin_policies.value
    except REFUSALS as failure:
        fail(str(failure), as_json=as_json)
    rows = sorted(index.policies.values(), key=lambda policy: (policy.kind.value, policy.name))
    if as_json:
        effective = {name: _rules_shown(index.rules_of_directory(name)) for name in sorted(index.directories)}
        write_json({"policies": [_policy_shown(policy) for policy in rows], "directories": effective})
        return
    _write_policies(rows)
    for name in sorted(index.directories):
        write_text(f"\nPeople of {name}, all together")
        _write_facts(_rules_shown(index.rules_of_directory(name)).items())


@app.command("rules")
def show_rules(
    user_name: Annotated[str, typer.Argument(help="Her user name.")],
    data: Data,
    application: Annotated[str, typer.Option(help="Client id of the application that she is on the way to.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Print what holds for one person: the strictest of her directory's, groups' and the application's rows."""
    try:
        with open_house(DataDirectory(data)) as house:
            person = _person(house, user_name)
            _check_application(house, application)
            index = house.remembered.signin_policies.value
    except REFUSALS as failure:
        fail(str(failure), as_json=as_json)
    policies = index.policies_for(person, application=application)
    rules = _rules_shown(index.rules_for(person, application=application))
    if as_json:
        rows = [f"{policy.kind.value} {policy.name}" for policy in policies]
        write_json({"user_name": person.user_name, "rows": rows, "rules": rules})
        return
    write_text(f"For {person.user_name}, of {person.directory}")
    _write_facts((name, f"{value}{_said_by(name, policies)}") for name, value in rules.items())


def _person(house: House, user_name: str) -> Person:
    with house.database.read() as tx:
        person = tx.directory.person_by_user_name(check_user_name(user_name))
    if person is None:
        raise UnknownPerson(f"there is no person `{user_name[:100]}`")
    return person


def _check_application(house: House, client_id: str) -> None:
    if client_id and house.remembered.applications.value.registered(client_id) is None:
        raise UnknownApplication(f"there is no application `{client_id[:100]}`")


def _write_policies(policies: Sequence[SignInPolicy]) -> None:
    if not policies:
        write_text("No sign-in policy is declared: what the house begins with holds for everybody")
    for policy in policies:
        shown = _policy_shown(policy)
        write_text(f"{shown.pop('kind')} {shown.pop('name')}")
        _write_facts(shown.items())


def _policy_shown(policy: SignInPolicy) -> dict[str, Any]:
    """What the row says, by the keys of the organization's file."""
    said = {field.name: getattr(policy, field.name) for field in fields(policy)}
    return {name: _shown(value) for name, value in said.items() if value is not None}


def _rules_shown(rules: SignInRules) -> dict[str, Any]:
    """By the same keys."""
    return {
        "factors": _shown(tuple(sorted(rules.factors))),
        "required": rules.required.value,
        "prompt": rules.prompt.value,
        "trust_device_days": rules.trust_device // _DAY,
        "session_minutes": rules.session // _MINUTE,
        "idle_minutes": rules.idle // _MINUTE,
        "step_up_minutes": rules.step_up // _MINUTE,
        "networks": " and ".join(map(_shown, rules.networks)) or "any",
        "without_factor": rules.without_factor.value,
        "authenticators": "any" if rules.authenticators is None else _shown(tuple(sorted(rules.authenticators))),
        "posture": _shown(tuple(sorted(rules.posture))) or "none asked",
        **_risk_shown(rules.risk),
        "dormant_days": rules.dormant // _DAY,
        "password_profile": rules.password_profile.value,
        "registration": rules.registration.value,
        "terms_url": rules.terms_url or "none",
        "recovery_approvers": _shown(rules.recovery_approvers) or "none",
    }


def _risk_shown(risk: RiskRules) -> dict[str, Any]:
    return {
        "risk_low": risk.low.value,
        "risk_medium": risk.medium.value,
        "risk_high": risk.high.value,
        "risk_observe_only": _shown(risk.observe_only),
        "risk_allow_networks": _shown(risk.allow_networks) or "none",
        "risk_deny_networks": _shown(risk.deny_networks) or "none",
    }


def _said_by(name: str, policies: Iterable[SignInPolicy]) -> str:
    rows = [f"{p.kind.value} {p.name}" for p in policies if getattr(p, name, None) is not None]
    return f"   ({', '.join(rows)})" if rows else ""


def _shown(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else value


def _write_facts(facts: Iterable[tuple[str, Any]]) -> None:
    for name, value in facts:
        write_text(f"  {name:<20} {value}")
