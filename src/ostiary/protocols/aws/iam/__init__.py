"""IAM: which credentials are there, and what would policies decide? The rest of IAM is not built.

https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html
"""

from ostiary.protocols.aws.iam.operations import SERVICE
from ostiary.protocols.aws.iam.rooms import IamRooms

__all__ = ["SERVICE", "IamRooms"]
