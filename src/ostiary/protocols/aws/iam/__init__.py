"""IAM: which credentials are there? The credential report; the rest of IAM is not built.

https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html
"""

from ostiary.protocols.aws.iam.operations import SERVICE, IamRooms

__all__ = ["SERVICE", "IamRooms"]
