"""CloudTrail: what happened? Look-ups in the trail, in the form in which AWS's tools read events.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from ostiary.protocols.aws.cloudtrail.operations import SERVICE, CloudTrailRooms

__all__ = ["SERVICE", "CloudTrailRooms"]
