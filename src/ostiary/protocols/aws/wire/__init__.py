"""What flows through: bytes and headers in, one operation with a checked input; a result in, bytes and headers out.

The three AWS protocols (query, json 1.1, rest-json) and Signature Version 4, driven by botocore's service models.
No web framework and no operation's meaning is known here, and except in `service`, the table that service modules fill,
no domain. A caller goes in this order:

1. `read_signature(request)`;
2. `route(request, signature.service)`, or `route(request, None)` for an unsigned request;
3. find the key, then `verify_signature(...)`, where the operation has a template with
   `canonical_path=canonical_path(operation, path_labels(operation, request.path))`;
4. `parse_input(operation, request)`;
5. `serialize_output(...)`, or `serialize_error(...)` for a WireError at any step.
"""

from ostiary.protocols.aws.wire.error_writer import serialize_error
from ostiary.protocols.aws.wire.errors import WireError
from ostiary.protocols.aws.wire.message import WireRequest, WireResponse
from ostiary.protocols.aws.wire.model import SERVICES
from ostiary.protocols.aws.wire.operation import (
    Operation,
    operation,
    parse_input,
    path_labels,
    serialize_output,
    service_operations,
)
from ostiary.protocols.aws.wire.routing import route
from ostiary.protocols.aws.wire.sigv4 import Signature, read_signature
from ostiary.protocols.aws.wire.verification import canonical_path, verify_signature

__all__ = [
    "SERVICES",
    "Operation",
    "Signature",
    "WireError",
    "WireRequest",
    "WireResponse",
    "canonical_path",
    "operation",
    "parse_input",
    "path_labels",
    "read_signature",
    "route",
    "serialize_error",
    "serialize_output",
    "service_operations",
    "verify_signature",
]
