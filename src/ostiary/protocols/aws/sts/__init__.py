"""Security Token Service: how does a proven identity become temporary credentials, and who is asking?

https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
"""

from ostiary.protocols.aws.sts.operations import SERVICE, StsRooms

__all__ = ["SERVICE", "StsRooms"]
