"""Do units and control policies of a file become what is kept, and is every mistake told with its line?"""

from __future__ import annotations

from pathlib import Path

import pytest

from organization_house import Apply
from ostiary.app.house import House
from ostiary.app.organization.document import DocumentRefused
from ostiary.app.organization.execution import plan_only
from ostiary.app.organization.reading import read_document
from ostiary.domain.access.model import OrganizationalUnit

ACCOUNTS = '[[account]]\nname = "shop"\nid = "111122223333"\n[[account]]\nname = "lab"\nid = "444455556666"\n'
ALL = '{"Effect": "Allow", "Action": "*", "Resource": "*"}'
DENY = '{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}'
DENY_ALL_WHO = '{"Effect": "Deny", "Principal": "*", "Action": "iam:*", "Resource": "*"}'


def control(*statements: str, targets: str = '["root"]', name: str = "c", kind: str = "service") -> str:
    document = f'{{"Version": "2012-10-17", "Statement": [{", ".join(statements)}]}}'
    return f"[[{kind}_control_policy]]\nname = \"{name}\"\ntargets = {targets}\npolicy = '''{document}'''\n"


def unit(name: str, parent: str = "", accounts: str = "[]") -> str:
    below = f'parent = "{parent}"\n' if parent else ""
    return f'[[organizational_unit]]\nname = "{name}"\n{below}accounts = {accounts}\n'


UNITS = unit("prod", accounts='["shop"]') + unit("eu", "prod")


def planned(house: House, text: str) -> list[tuple[str, str, str]]:
    document = read_document(text.encode(), file="org.toml", folder=Path())
    return [(c.action.value, c.kind, c.label) for c in plan_only(house.database, document, clock=house.clock).changes]


def refusal(house: House, text: str) -> str:
    with pytest.raises(DocumentRefused) as refused:
        planned(house, text)
    return str(refused.value)


def test_units_and_controls_are_applied_once_and_taken_back(house: House, apply_text: Apply) -> None:
    text = ACCOUNTS + UNITS + control(ALL, DENY, targets='["unit:eu", "account:lab"]')
    text += control(DENY_ALL_WHO, kind="resource")
    apply_text(text)
    assert apply_text(text).plan.changes == ()
    index = house.remembered.access.value
    assert index.findings == ()
    assert len(index.guardrails("444455556666").service_controls) == 1
    assert index.guardrails("111122223333").service_controls == ()
    assert len(index.guardrails("111122223333").resource_controls) == 1
    with house.database.read() as tx:
        assert tx.access.organizational_units() == [
            OrganizationalUnit("eu", "prod"),
            OrganizationalUnit("prod", "", ("111122223333",)),
        ]
        [_resource, service] = tx.access.control_policies()
        assert service.targets == ("account:444455556666", "unit:eu")
    assert planned(house, ACCOUNTS) == []
    gone = "organizational_unit = []\nservice_control_policy = []\nresource_control_policy = []\n"
    assert planned(house, gone) == [
        ("delete", "organizational_unit", "eu"),
        ("delete", "organizational_unit", "prod"),
        ("delete", "service_control_policy", "c"),
        ("delete", "resource_control_policy", "c"),
    ]
    apply_text(gone)
    assert house.remembered.access.value.guardrails("444455556666").service_controls == ()


def test_an_account_moves_from_one_unit_to_another_in_one_file(house: House, apply_text: Apply) -> None:
    apply_text(ACCOUNTS + unit("a", accounts='["shop"]') + unit("b") + control(ALL, targets='["unit:b"]'))
    assert not house.remembered.access.value.guardrails("111122223333").service_controls
    apply_text(unit("a") + unit("b", accounts='["111122223333"]'))
    assert house.remembered.access.value.guardrails("111122223333").service_controls


def test_a_unit_with_controls_outside_the_file_is_not_deleted(house: House, apply_text: Apply) -> None:
    apply_text(ACCOUNTS + UNITS + control(ALL, targets='["unit:eu"]'))
    found = refusal(house, unit("prod"))
    assert "org.toml:1: the service control policy `c` is attached to unit:eu, which would be deleted" in found
    assert planned(house, "service_control_policy = []\n" + unit("prod"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (unit("a", "b") + unit("b", "a"), ":7: the organizational unit `b` is above itself"),
        (unit("a", "a"), ":3: the organizational unit `a` is above itself"),
        (unit("a", "gone"), "there is no organizational unit `gone`"),
        (unit("a") + unit("a"), "the organizational unit `a` stands twice: also on line 2"),
        (unit("root"), "`root` is above all units"),
        (unit("a", "root"), "there is no organizational unit `root`"),
        (unit("a", accounts='["gone"]'), ":3: there is no account `gone`"),
        (unit("a", accounts='["123456789012"]'), "there is no account `123456789012`"),
        (ACCOUNTS + unit("a", accounts='["shop"]') + unit("b", accounts='["111122223333"]'), "stands twice: also"),
        (unit("a") + "".join(unit(f"a{n}", f"a{n - 1}" if n else "a") for n in range(5)), "deeper than 5 units"),
        (unit("a\\u001b[2J"), "`name`:"),
        (unit("a\\u202e"), "`name`:"),
        (unit("unit:a"), "`name`:"),
        (control(ALL, targets='["unit:gone"]'), "there is no target `unit:gone`"),
        (control(ALL, targets='["prod"]'), "there is no target `prod`"),
        (control(ALL, targets='["account:gone"]'), "there is no account `gone`"),
        (control(ALL, targets='["\\u202eroot"]'), "there is no target `?root`"),
        (control(ALL) + control(ALL), "the policy `c` stands twice"),
        (control(DENY), "what is attached to `root` allows nothing"),
        (control(DENY_ALL_WHO), "`policy` is not a policy"),
        (control(DENY, kind="resource"), "`policy` is not a policy"),
        (control(ALL.replace("{", '{"Principal": "*", ', 1), kind="resource"), "a resource control policy only denies"),
        (control(DENY_ALL_WHO.replace('"*"', '{"AWS": "*"}', 1), kind="resource"), "`policy` is not a policy"),
        (control(ALL.replace('"*"', '"${account}:*"', 1)), "this policy is for many accounts"),
        (control(ALL.replace('"*"', '"${unit/gone}"', 1)), "there is no organizational unit `gone`"),
        (control(ALL.replace('"*"', '"${unit}"', 1)), "is neither a variable of this file nor of policies"),
        (control(*([ALL] * 20_000)), "`policy` is not a policy"),
        ("".join(control(ALL, name=f"c{n}") for n in range(11)), "more than 10 policies are attached to `root`"),
        ('[[service_control_policy]]\nname = "c"\npolicy = "{}"\n', "`targets` is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_and_told(unchanged_house: House, text: str, told: str) -> None:
    found = refusal(unchanged_house, text)
    assert told in found
    assert found.replace("\n", "").isprintable()


def test_the_operator_is_told_of_a_control_that_is_broken_in_the_database(
    house: House, apply_text: Apply, caplog: pytest.LogCaptureFixture
) -> None:
    apply_text(ACCOUNTS + control(ALL))
    with house.database.read() as tx:
        [kept] = tx.access.control_policies()
    broken = type(kept)(kept.kind, "c\x1b[2J", "{", ("account:111122223333",))
    house.database.write(lambda tx: tx.access.put_control_policy(broken))
    house.memory.refresh()
    house.memory.reload_all()
    [told] = [record.getMessage() for record in caplog.records if "control policy" in record.getMessage()]
    assert told.startswith("the service control policy `c?[2J` cannot be read")


def test_policies_may_name_the_organization_and_its_units(house: House, apply_text: Apply) -> None:
    same = '{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"aws:PrincipalOrgPaths": '
    apply_text(ACCOUNTS + UNITS + control(f'{same}["${{unit/eu}}*", "${{organization}}/*"]}}}}}}'))
    index = house.remembered.access.value
    with house.database.read() as tx:
        [kept] = tx.access.control_policies()
    path = index.organization_path("111122223333")
    assert f'"{path}ou-' in kept.document
    assert f'"{index.organization_id}/*"' in kept.document
