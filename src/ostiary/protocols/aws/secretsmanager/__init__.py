"""Secrets Manager: how is a secret kept for somebody, and handed to whom it is meant for?

https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html
"""

from ostiary.protocols.aws.secretsmanager.operations import SERVICE
from ostiary.protocols.aws.secretsmanager.rooms import SecretsManagerRooms

__all__ = ["SERVICE", "SecretsManagerRooms"]
