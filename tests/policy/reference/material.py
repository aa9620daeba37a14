"""What are generated policies and requests made of?

Few texts, chosen so that they almost match one another: that is where evaluators differ.
"""

from __future__ import annotations

from ostiary.policy import Principal, PrincipalKind

ACCOUNT, OTHER = "123456789012", "999999999999"
ISSUER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/ci.example.com"


def _session(account: str, role: str, name: str) -> Principal:
    arn = f"arn:aws:sts::{account}:assumed-role/{role.rpartition('/')[2]}/{name}"
    return Principal(arn, account, PrincipalKind.ROLE_SESSION, f"arn:aws:iam::{account}:role/{role}")


CALLERS = (
    Principal(f"arn:aws:iam::{ACCOUNT}:user/alice", ACCOUNT, PrincipalKind.USER),
    Principal(f"arn:aws:iam::{ACCOUNT}:user/Alice", ACCOUNT, PrincipalKind.USER),
    Principal(
        f"arn:aws:sts::{ACCOUNT}:federated-user/alice",
        ACCOUNT,
        PrincipalKind.USER,
        f"arn:aws:iam::{ACCOUNT}:user/alice",
    ),
    _session(ACCOUNT, "ci/reader", "alice"),
    _session(ACCOUNT, "ci/reader", "bob"),
    _session(ACCOUNT, "reader", "alice"),
    Principal(f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, PrincipalKind.ROOT),
    Principal(f"arn:aws:ostiary::{ACCOUNT}:person/alice", ACCOUNT, PrincipalKind.PERSON),
    Principal(f"arn:aws:ostiary::{ACCOUNT}:workload/build", ACCOUNT, PrincipalKind.WORKLOAD),
    Principal(f"arn:aws:iam::{OTHER}:user/alice", OTHER, PrincipalKind.USER),
    _session(OTHER, "ci/reader", "alice"),
    Principal(f"arn:aws:iam::{OTHER}:root", OTHER, PrincipalKind.ROOT),
    Principal(ISSUER, None, PrincipalKind.FEDERATED),
    Principal("rolesanywhere.amazonaws.com", None, PrincipalKind.SERVICE),
    Principal("", None, PrincipalKind.ANONYMOUS),
)

ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:GetObjectAcl", "sqs:SendMessage", "S3:GETOBJECT", "\u212ams:Decrypt")
TRUST_ACTIONS = ("sts:AssumeRole", "sts:TagSession", "sts:AssumeRoleWithWebIdentity")
RESOURCES = (
    "arn:aws:s3:::lake/x",
    "arn:aws:s3:::lake/red/a:b",
    "arn:aws:s3:::red/alice",
    "arn:aws:s3:::*/x",
    "arn:aws:s3:::lake/${aws:username}",
    "arn:aws:sqs:eu-west-1:123456789012:queue",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf",
    "arn:aws:sqs:eu-west-1:999999999999:queue:123456789012:queue",
    "*",
)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/target"
ROLE_ELSEWHERE = f"arn:aws:iam::{OTHER}:role/target"

STRING, NUMBER, DATE, BOOLEAN, ADDRESS, ARN, BINARY = "string", "number", "date", "boolean", "address", "arn", "binary"
KEYS = {
    "aws:PrincipalTag/team": STRING,
    "aws:RequestTag/Env": STRING,
    "aws:username": STRING,
    "aws:TagKeys": STRING,
    "s3:max-keys": NUMBER,
    "aws:CurrentTime": DATE,
    "aws:MultiFactorAuthPresent": BOOLEAN,
    "aws:SourceIp": ADDRESS,
    "aws:SourceArn": ARN,
    "t:blob": BINARY,
}
# What a request may hold, also when no operator can read it.
VALUES = {
    STRING: ("red", "RED", "blue", "alice", "lake", "re*", "*", "?", "$", "a:b", "${aws:username}", "red/x",
             "\u212a", "k", "stra\u00dfe", "STRASSE", "1", "re"),
    NUMBER: ("5", "10", "10.0", "010", "-3", "10.01", "abc", "+10", "1e1", ".5", "NaN", " 10", "\u0661\u0660",
             "10.00000000000000000001"),
    DATE: ("2026-01-31T09:30:00Z", "2026-01-31T10:30:00+01:00", "1769851800", "2026-01-31", "2026-01", "2026",
           "2026-01-31T09:30Z", "2026-01-31T09:30:00", "2026-01-31T09:30:00.5Z", "2026-02-30", "yesterday",
           "2026-02-01", "2026-01-31t09:30:00z", "2026-01-31T09:30:00-23:59", "2026-01-31T09:30:00+24:00"),
    BOOLEAN: ("true", "false", "TRUE", "no", "1"),
    ADDRESS: ("203.0.113.9", "203.0.114.1", "::ffff:203.0.113.9", "2001:db8:1234:5678::1", "2001:DB8:1234:5679::1",
              "203.0.113", "fe80::1%eth0", "203.0.113.0/24", "203.0.113.9, 10.0.0.1", "203.0.113.010"),
    ARN: (f"arn:aws:sns:eu-west-1:{ACCOUNT}:topic", f"arn:aws:sns:eu-west-1:{ACCOUNT}:topic:sub",
          f"arn:aws:iam::{ACCOUNT}:role/ci/reader", f"arn:aws:iam::{ACCOUNT}:user/alice", "role/ci/reader",
          f"arn:aws:sns:eu-west-1:{OTHER}:{ACCOUNT}:topic", "a:b:c:d:e:f", "arn:aws:iam::*:role/*", "arn:aws:iam::1",
          f"arn:aws:sns:a:b:{ACCOUNT}:topic"),
    BINARY: ("QUJD", "QUJE", "AA==", "AB==", "AAA", "not base64!", "QUJD\n"),
}  # fmt: skip
# What a policy may hold for an operator that compares such values.
WANTED = {
    STRING: ("red", "Red", "blue", "alice", "re*", "r?d", "*", "?", "*e*", "a*b", "${*}", "re${*}", "${?}", "${$}",
             "${$}{aws:username}", "", "K", "stra\u00dfe", "strasse", "1"),
    NUMBER: ("5", "10", "10.0", "-3", 10, 7, "10.00"),
    DATE: ("2026-01-31T09:30:00Z", "1769851800", "2026-01-31", "2026-02", "2026-01-31T09:30:00.5Z",
           "2026-01-31T09:30:00+01:00"),
    BOOLEAN: ("true", "false", True, False, "TRUE"),
    ADDRESS: ("203.0.113.0/24", "203.0.113.9", "203.0.113.9/32", "0.0.0.0/0", "::/0", "::ffff:203.0.113.0/120",
              "2001:db8:1234:5678::/64", "2001:db8:1234:5678::1", "203.0.113.8/29"),
    ARN: ("*", f"arn:aws:sns:*:{ACCOUNT}:topic", f"arn:aws:sns:*:{ACCOUNT}:*", "arn:aws:iam::*:role/*",
          f"arn:aws:sns:eu-west-?:{ACCOUNT}:top*", f"arn:aws:iam::{ACCOUNT}:role/ci/reader", "arn:*:*:*:*:*",
          "arn:aws:iam::${t:account, '123456789012'}:role/${aws:PrincipalTag/team}", "${aws:SourceArn}",
          "${aws:PrincipalArn}", "arn:aws:s*:eu-west-1:*:topic", f"arn:aws:sns:${{aws:RequestTag/Env}}:{ACCOUNT}:topic",
          f"arn:aws:iam::{ACCOUNT}:${{*}}", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}", "arn:aws:iam::?*:u*e"),
    BINARY: ("QUJD", "AA==", "QUJE"),
}  # fmt: skip
OPERATORS = {
    STRING: ("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
             "StringNotLike"),
    NUMBER: ("NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan",
             "NumericGreaterThanEquals"),
    DATE: ("DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan",
           "DateGreaterThanEquals"),
    BOOLEAN: ("Bool",),
    ADDRESS: ("IpAddress", "NotIpAddress"),
    ARN: ("ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"),
    BINARY: ("BinaryEquals",),
}  # fmt: skip
VARIABLES = ("aws:PrincipalTag/team", "AWS:principaltag/Team", "aws:RequestTag/env", "aws:username", "aws:TagKeys",
             "t:absent")  # fmt: skip
