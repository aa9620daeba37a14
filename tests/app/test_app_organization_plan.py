from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from organization_house import EXAMPLE, TRUST, Apply, statement
from ostiary.app.house import House
from ostiary.app.organization.document import DocumentRefused
from ostiary.app.organization.execution import plan_only
from ostiary.app.organization.plan import Action, Plan
from ostiary.app.organization.reading import read_document, read_file
from ostiary.domain.access.builtin import ADMINISTRATOR_ROLE
from ostiary.domain.audit.event import Event, decode
from ostiary.domain.audit.ports import EventQuery
from ostiary.domain.directory.model import PersonStatus
from ostiary.domain.secrets.model import AWSCURRENT
from ostiary.kit.crypto.jose import SigningKey

GROUP = '[[group]]\nname = "g"\nowner = "operator"\npurpose = "p"\n'
ISSUER = "https://issuer.example.org"
ISSUER_TRUST = f'[[issuer_trust]]\nissuer = "{ISSUER}"\naudiences = ["a"]\n'
JWKS = json.dumps({"keys": [SigningKey.generate("ES256").public_jwk()]})


def events(house: House, name: str) -> list[Event]:
    with house.database.read() as tx:
        return [decode(row.body) for row in tx.audit.find(EventQuery(name=name))]


def planned(house: House, text: str) -> Plan:
    return plan_only(house.database, read_document(text.encode(), file="org.toml", folder=Path()), clock=house.clock)


def refusal(house: House, text: str) -> str:
    with pytest.raises(DocumentRefused) as refused:
        planned(house, text)
    return str(refused.value)


def summary(plan: Plan) -> list[tuple[str, str, str]]:
    return [(change.action.value, change.kind, change.label) for change in plan.changes]


def test_the_example_is_applied_and_a_second_time_there_is_nothing_to_change(house: House, apply_text: Apply) -> None:
    text = EXAMPLE.read_text()
    first = apply_text(text)
    assert {change.action for change in first.plan.changes} == {Action.CREATE, Action.CHANGE}
    assert apply_text(text).plan.changes == ()
    assert len(events(house, "ApplyOrganization")) == 1
    with house.database.read() as tx:
        ana = tx.directory.person_by_user_name("ana")
        assert ana is not None
        assert (ana.groups, ana.status) == (("payments-developers",), PersonStatus.INVITED)
        assert dict(ana.attributes) == {"team": "payments", "cost_center": "4711", "clearance": "internal"}
        assert {role.name for role in tx.access.roles()} == {ADMINISTRATOR_ROLE, "deployer", "secret-reader"}
    assert house.remembered.access.value.findings == ()


def test_a_plan_changes_nothing(house: House) -> None:
    plan = plan_only(house.database, read_file(EXAMPLE), clock=house.clock)
    assert len(plan.changes) > 20
    with house.database.read() as tx:
        assert tx.directory.person_by_user_name("ana") is None
    assert events(house, "ApplyOrganization") == []


def test_the_event_names_what_changed_and_no_values(house: House, apply_text: Apply) -> None:
    apply_text(GROUP + '[[person]]\nuser_name = "ana"\ndisplay_name = "Ana"\n')
    apply_text(GROUP + '[[person]]\nuser_name = "ana"\ndisplay_name = "Ana B"\ngroups = ["g"]\n')
    event = events(house, "ApplyOrganization")[0]
    assert event.details["changed"] == ["person ana: display_name, groups"]
    assert event.actor_kind == "operator"
    assert event.resources[0].startswith("arn:aws:identitystore:::user/")
    assert "Ana B" not in str(event)


def test_the_event_stays_small_when_much_changes(house: House, apply_text: Apply) -> None:
    apply_text("".join(f'[[person]]\nuser_name = "p{n}"\ndisplay_name = "P"\n' for n in range(250)))
    created = events(house, "ApplyOrganization")[0].details["created"]
    assert isinstance(created, list)
    assert (len(created), created[-1]) == (101, "and 150 more")


def test_a_kind_that_the_file_does_not_speak_of_is_left_alone(house: House, apply_text: Apply) -> None:
    apply_text(EXAMPLE.read_text())
    assert summary(planned(house, "")) == []
    assert summary(planned(house, "application = []")) == [("delete", "application", "expenses")]


def test_what_init_made_is_never_deleted(house: House) -> None:
    text = "group = []\nrole = []\npermission_set = []\nassignment = []\n"
    assert summary(planned(house, text)) == []


def test_what_init_made_may_be_changed(house: House, apply_text: Apply) -> None:
    apply_text('[[group]]\nname = "administrators"\nowner = "administrator"\npurpose = "p"\n')
    with house.database.read() as tx:
        assert [group.owner for group in tx.directory.groups()] == ["administrator"]


def test_people_accounts_and_secrets_are_never_deleted(house: House, apply_text: Apply) -> None:
    apply_text(EXAMPLE.read_text())
    assert summary(planned(house, "person = []\naccount = []\ndirectory = []\nsecret = []\n")) == []


def test_a_key_that_is_absent_leaves_a_person_as_she_is(house: House, apply_text: Apply) -> None:
    apply_text(EXAMPLE.read_text())
    assert summary(planned(house, '[[person]]\nuser_name = "ana"\n')) == []
    assert summary(planned(house, '[[person]]\nuser_name = "ANA"\n')) == []


def test_a_changed_policy_is_shown_where_it_differs(house: House, apply_text: Apply) -> None:
    apply_text(EXAMPLE.read_text())
    plan = planned(house, EXAMPLE.read_text().replace("secret:payments/*", "secret:payment/*"))
    [change] = plan.changes
    assert [field.name for field in change.fields] == ["policies.RotateSecrets"]
    assert change.fields[0].before != change.fields[0].after


def test_a_group_with_members_outside_the_file_is_not_deleted(house: House, apply_text: Apply) -> None:
    apply_text(GROUP + '[[person]]\nuser_name = "ana"\ndisplay_name = "Ana"\ngroups = ["g"]\n')
    assert "`ana` is still a member of g" in refusal(house, "group = []")
    without = 'group = []\n[[person]]\nuser_name = "ana"\ngroups = []\n'
    assert ("delete", "group", "g") in summary(planned(house, without))
    apply_text(without)
    with house.database.read() as tx:
        assert [group.name for group in tx.directory.groups()] == ["administrators"]


def test_what_the_file_does_not_speak_of_keeps_what_it_needs(house: House, apply_text: Apply) -> None:
    apply_text(EXAMPLE.read_text())
    people = "".join(f'[[person]]\nuser_name = "{name}"\ngroups = []\n' for name in ("ana", "bo", "chi"))
    found = refusal(house, "group = []\npermission_set = []\nissuer_trust = []\n" + people)
    assert "the assignment payments-developers -> TeamSecrets needs what is deleted" in found
    assert "the application `expenses` is for members of" in found
    assert "the workload `payments-api` needs a deleted issuer trust" in found


def test_the_variable_account_is_the_account_of_the_role(house: House, apply_text: Apply) -> None:
    apply_text(
        '[[account]]\nname = "other"\nid = "111122223333"\n' + ISSUER_TRUST + 'account = "other"\n'
        '[[role]]\nname = "r"\naccount = "other"\n'
        "trust_policy = '''" + TRUST.replace("SUBJECT", "s") + "'''\n"
        "[role.policies]\na = '''" + statement("a:B", "arn:aws:s3:::${account/main}-x") + "'''\n"
    )
    with house.database.read() as tx:
        role = next(role for role in tx.access.roles() if role.name == "r")
    assert role.account == "111122223333"
    assert "arn:aws:iam::111122223333:oidc-provider/issuer.example.org" in role.trust_policy
    assert f"arn:aws:s3:::{house.organization.account}-x" in role.policies["a"]


ROLE = ISSUER_TRUST + '[[role]]\nname = "r"\n'  # the role begins on line 4
WORKLOAD = ISSUER_TRUST + '[[workload]]\nname = "w"\nowner = "operator"\npurpose = "p"\nexpires = 2027-01-01\n'
APPLICATION = '[[application]]\nclient_id = "c"\nname = "C"\nowner = "operator"\n'


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (ROLE + "trust_policy = '{'\n", 6, "not a policy"),
        (
            ROLE + f"trust_policy = '''{TRUST.replace('StringEquals', 'StringLike').replace('SUBJECT', 'repo:*')}'''\n",
            6,
            "without a StringEquals condition",
        ),
        (ROLE + f"trust_policy = '''{TRUST.replace('SUBJECT', '${a:b}')}'''\n", 6, "without a StringEquals condition"),
        (ROLE + f"trust_policy = '''{TRUST.replace(':aud', ':azp')}'''\n", 6, "fixes"),
        (ROLE + f"trust_policy = '''{TRUST.replace('issuer.example', 'other.example')}'''\n", 6, "no issuer trust"),
        (ROLE + f"trust_policy = '''{TRUST}'''\n[role.policies]\na = '{{}}'\n", 8, "`policies.a` is not a policy"),
        (ROLE + f"trust_policy = '''{TRUST}'''\naccount = 'x'\n", 7, "there is no account `x`"),
        (ROLE + f"trust_policy = '''{TRUST}'''\npath = '/aws-reserved/x/'\n", 5, "reserved"),
        (ROLE + "trust_policy = { Statement = nan }\n", 6, "cannot be a policy"),
        (ROLE + "trust_policy = { Statement = 2027-01-01 }\n", 6, "cannot be a policy"),
        (ROLE + f"trust_policy = '''{TRUST.replace('account', 'account/x')}'''\n", 6, "no account `x`"),
        (ROLE + f"trust_policy = '''{TRUST}'''\n[[role]]\nname = 'r'\ntrust_policy = '''{TRUST}'''\n", 8, "twice"),
        (
            "[[permission_set]]\nname = 'p'\npolicies.a = '''" + statement("a:B", "x:${account}") + "'''\n",
            3,
            "account/NAME",
        ),
        ('[[assignment]]\ngroup = "x"\npermission_set = "y"\n', 2, "there is no group `x`"),
        ('[[assignment]]\ngroup = "x"\npermission_set = "y"\n', 3, "there is no permission set `y`"),
        ('[[group]]\nname = "g"\nowner = "nobody"\npurpose = "p"\n', 3, "neither a person nor a group"),
        ('[[person]]\nuser_name = "a b"\ndisplay_name = "A"\n', 2, "cannot be a user name"),
        ('[[person]]\nuser_name = "a"\n', 2, "`display_name` is missing"),
        ('[[person]]\nuser_name = "a"\ndisplay_name = "A"\nemail = "x"\n', 4, "not an email address"),
        ('[[person]]\nuser_name = "a"\ndisplay_name = "A"\ngroups = ["x"]\n', 4, "there is no group `x`"),
        ('[[person]]\nuser_name = "a"\ndisplay_name = "A"\ndirectory = "x"\n', 4, "there is no directory `x`"),
        ('[[person]]\nuser_name = "a"\ndisplay_name = "A"\nattributes = {x = 1}\n', 4, "not in the schema"),
        (
            '[[person]]\nuser_name = "a"\ndisplay_name = "A"\n[[person]]\nuser_name = "A"\ndisplay_name = "A"\n',
            5,
            "twice",
        ),
        (
            '[[attribute]]\nname = "t"\ntype = "string"\nsource = "s"\naccess = true\nself_editable = true\n',
            6,
            "carries access",
        ),
        (WORKLOAD.replace("2027-01-01", "2020-01-01"), 8, "in the past"),
        (WORKLOAD.replace("expires = 2027-01-01\n", ""), 4, "`expires` is missing"),
        (WORKLOAD + f'issuer = "{ISSUER}"\nsubject = "repo:x/*"\n', 10, "wildcard"),
        (WORKLOAD + f'issuer = "{ISSUER}"\n', 9, "belong together"),
        (WORKLOAD + 'issuer = "https://x.example.org"\nsubject = "s"\n', 9, "does not trust the issuer"),
        (ISSUER_TRUST.replace("https", "http"), 2, "https address"),
        (ISSUER_TRUST.replace('"a"', '"*"'), 3, "wildcard"),
        (ISSUER_TRUST + "jwks = '{}'\n", 4, "not a key set"),
        (ISSUER_TRUST + "jwks = '{\"keys\": []}'\n", 4, "no key"),
        (ISSUER_TRUST + 'jwks = \'{"keys": [{"kty": "oct", "k": "AA"}]}\'\n', 4, "private or symmetric"),
        (ISSUER_TRUST + f"jwks = '{JWKS}'\njwks_uri = 'https://x.example.org/'\n", 5, "side by side"),
        (ISSUER_TRUST + "jwks_file = 'missing.json'\n", 4, "cannot be read"),
        (ISSUER_TRUST + ISSUER_TRUST.replace('org"', 'org/"'), 5, "twice"),
        (APPLICATION + 'kind = "web"\nauthentication = "none"\nredirect_uris = ["https://x.org/"]\n', 2, "must prove"),
        (
            APPLICATION + 'kind = "web"\nauthentication = "client_secret_basic"\nredirect_uris = ["http://x.org/"]\n',
            7,
            "must be https",
        ),
        (APPLICATION + 'kind = "machine"\nauthentication = "private_key_jwt"\n', 2, "key set"),
        (
            APPLICATION + 'kind = "machine"\nauthentication = "client_secret_basic"\nclaims = ["x"]\n',
            7,
            "there is no attribute `x`",
        ),
        ('[[account]]\nname = "main"\nid = "111122223333"\n', 3, "never changes"),
        ('[[account]]\nname = "a"\nid = "111122223333"\n[[account]]\nname = "b"\nid = "111122223333"\n', 6, "twice"),
        ('[[iam_user]]\nname = "u"\nowner = "operator"\nreason = "r"\nexpires = 2020-01-01\n', 5, "in the past"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_line(unchanged_house: House, text: str, line: int, said: str) -> None:
    whole = refusal(unchanged_house, text)
    found = [text_ for text_ in whole.splitlines() if text_.startswith(f"org.toml:{line}: ")]
    assert any(said in text_ for text_ in found), whole


def test_what_is_shown_cannot_steer_a_terminal(unchanged_house: House) -> None:
    said = refusal(unchanged_house, '[[person]]\nuser_name = "a\\u009b31m\\u202eb"\ndisplay_name = "A"\n')
    assert "`a?31m?b`" in said
    assert "`a?31m?b`" in refusal(unchanged_house, '[organization]\nname = "a\\u009b31m\\u202eb"\n')
    group = '[[group]]\nname = "g"\nowner = "administrator"\npurpose = "a\\u009b31m\\u202eb"\n'
    plan = planned(unchanged_house, group)
    assert plan.changes
    assert all(
        text.isprintable()
        for change in plan.changes
        for text in (change.label, *(field.after for field in change.fields))
    )


def test_a_refused_file_changes_nothing(house: House, apply_text: Apply) -> None:
    with pytest.raises(DocumentRefused):
        apply_text(GROUP + '[[assignment]]\ngroup = "x"\npermission_set = "y"\n')
    with house.database.read() as tx:
        assert [group.name for group in tx.directory.groups()] == ["administrators"]
    assert events(house, "ApplyOrganization") == []


def test_two_workloads_may_exchange_their_identities(house: House, apply_text: Apply) -> None:
    one = WORKLOAD + f'issuer = "{ISSUER}"\nsubject = "one"\n'
    two = WORKLOAD[len(ISSUER_TRUST) :].replace('"w"', '"v"') + f'issuer = "{ISSUER}"\nsubject = "two"\n'
    apply_text(one + two)
    apply_text((one + two).replace('"one"', '"x"').replace('"two"', '"one"').replace('"x"', '"two"'))
    with house.database.read() as tx:
        assert {w.name: w.subject for w in tx.directory.workloads()} == {"w": "two", "v": "one"}


def test_a_workload_that_expired_meanwhile_may_stay_in_the_file(house: House, apply_text: Apply) -> None:
    text = WORKLOAD.replace("2027-01-01", "2026-05-02")
    apply_text(text)
    house.clock.at = replace_year(house, 2028)  # type: ignore[attr-defined]
    assert planned(house, text).changes == ()


def replace_year(house: House, year: int) -> object:
    return house.clock.now().replace(year=year)


def test_keys_come_from_a_file_beside_the_file(house: House, tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(JWKS)
    (tmp_path / "org.toml").write_text(ISSUER_TRUST + 'jwks_file = "keys.json"\n')
    [change] = plan_only(house.database, read_file(tmp_path / "org.toml"), clock=house.clock).changes
    assert getattr(change.after, "jwks") == JWKS  # noqa: B009 - one of many kinds of facts


def test_a_declared_secret_has_no_value(house: House, apply_text: Apply) -> None:
    apply_text('[[secret]]\nname = "a/b"\ntags = {team = "x"}\n')
    apply_text('[[secret]]\nname = "a/b"\ndescription = "d"\n')
    with house.database.read() as tx:
        secret = tx.secrets.secret(house.organization.account, "a/b")
        assert secret is not None
        assert (secret.description, dict(secret.tags)) == ("d", {"team": "x"})
        assert tx.secrets.version(secret.arn, stage=AWSCURRENT) is None


def test_a_new_account_gets_an_id_and_keeps_it(house: House, apply_text: Apply) -> None:
    apply_text('[[account]]\nname = "security"\n')
    assert apply_text('[[account]]\nname = "security"\n').plan.changes == ()
    with house.database.read() as tx:
        kept = next(account for account in tx.directory.accounts() if account.name == "security")
    apply_text(f'[[account]]\nname = "audit"\nid = "{kept.account_id}"\n')
    with house.database.read() as tx:
        assert replace(kept, name="audit") in tx.directory.accounts()


def test_an_iam_user_is_kept_with_its_policies(house: House, apply_text: Apply) -> None:
    user = '[[iam_user]]\nname = "u"\nowner = "operator"\nreason = "r"\nexpires = 2027-01-01\n'
    policy = "policies.a = '''" + statement("a:B", "*") + "'''\n"
    apply_text(user + policy)
    assert apply_text(user + policy).plan.changes == ()
    assert house.remembered.access.value.user(house.organization.account, "u") is not None
    apply_text(user)
    assert house.remembered.access.value.user(house.organization.account, "u") is None
    apply_text("iam_user = []\n")
    with house.database.read() as tx:
        assert (tx.credentials.iam_users(), tx.access.user_policies()) == ([], [])


def test_somebody_who_comes_back_without_credentials_enrols_again(house: House, apply_text: Apply) -> None:
    person = '[[person]]\nuser_name = "ana"\ndisplay_name = "Ana"\n'
    apply_text(person + 'status = "disabled"\n')
    apply_text(person + 'status = "active"\n')
    with house.database.read() as tx:
        ana = tx.directory.person_by_user_name("ana")
        assert ana is not None
        assert ana.status is PersonStatus.INVITED
