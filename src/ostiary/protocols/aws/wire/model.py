"""What do botocore's service models say about an operation?

The model files of the installed botocore are read directly: importing botocore costs 0.2 s at start, and its loader
would also read models from the environment and the home directory, which must not change what this server accepts.
"""

from __future__ import annotations

import gzip
import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

Protocol = Literal["query", "json", "rest-json"]

# The services that this server speaks: botocore's name -> the name in a credential scope.
SERVICES: Mapping[str, str] = {
    "sts": "sts",
    "iam": "iam",
    "secretsmanager": "secretsmanager",
    "cloudtrail": "cloudtrail",
    "identitystore": "identitystore",
    "sso-admin": "sso",
    "sso-oidc": "sso-oauth",
    "sso": "awsssoportal",
    "rolesanywhere": "rolesanywhere",
    "accessanalyzer": "access-analyzer",
}
# Known without loading the models, so that a first call loads one service only; a test compares with the models.
TARGET_PREFIXES: Mapping[str, str] = {
    "secretsmanager": "secretsmanager",
    "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101": "cloudtrail",
    "AWSIdentityStore": "identitystore",
    "SWBExternalService": "sso-admin",
}
PROTOCOLS: Mapping[str, Protocol] = {
    "sts": "query",
    "iam": "query",
    "secretsmanager": "json",
    "cloudtrail": "json",
    "identitystore": "json",
    "sso-admin": "json",
    "sso-oidc": "rest-json",
    "sso": "rest-json",
    "rolesanywhere": "rest-json",
    "accessanalyzer": "rest-json",
}
SERVICE_OF_SCOPE: Mapping[str, str] = {scope: service for service, scope in SERVICES.items()}
# A caller without credentials gives only an Action or a path; these services have operations that allow it.
UNSIGNED_QUERY = ("sts",)
UNSIGNED_REST = ("sso", "sso-oidc")


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A shape with the traits of the place that refers to it."""

    name: str
    kind: str
    traits: Mapping[str, Any]
    model: ServiceModel

    def members(self) -> Iterator[tuple[str, Shape]]:
        for name, ref in self.traits.get("members", {}).items():
            yield name, self.model.shape(ref)

    def part(self, which: Literal["member", "key", "value"]) -> Shape:
        return self.model.shape(self.traits[which])

    @property
    def location(self) -> str | None:
        found: str | None = self.traits.get("location")
        return found

    def wire_name(self, default: str) -> str:
        return str(self.traits.get("locationName", default))


@dataclass(frozen=True, slots=True, eq=False)
class ServiceModel:
    service: str
    metadata: Mapping[str, Any]
    operations: Mapping[str, Any]
    shapes: Mapping[str, Any]

    @property
    def protocol(self) -> Protocol:
        return PROTOCOLS[self.service]

    @property
    def api_version(self) -> str:
        return str(self.metadata["apiVersion"])

    @property
    def xml_namespace(self) -> str:
        return str(self.metadata.get("xmlNamespace", ""))

    def shape(self, ref: Mapping[str, Any]) -> Shape:
        name = ref["shape"]
        traits = {**self.shapes[name], **ref}
        if traits.get("flattened"):
            raise ValueError(f"`{name}` is flattened: no service here needs that, and the readers do not know it")
        return Shape(name, traits["type"], traits, self)

    def error_shape(self, code: str) -> Shape | None:
        """The modelled error that has this shape name or this wire code."""
        name = _error_names(self.service).get(code)
        return self.shape({"shape": name}) if name else None


@cache
def load(service: str) -> ServiceModel:
    """Read the model once; KeyError for a service that is not in `SERVICES`."""
    if service not in SERVICES:
        raise KeyError(service)
    found = importlib.util.find_spec("botocore")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("botocore is not installed: its service models drive the AWS wire")
    folder = Path(found.submodule_search_locations[0]) / "data" / service
    raw = msgspec.json.decode(_read_newest(folder))
    return ServiceModel(service, raw["metadata"], raw["operations"], _without_documentation(raw["shapes"]))


def _read_newest(folder: Path) -> bytes:
    version = max(path for path in folder.iterdir() if path.is_dir())
    packed = version / "service-2.json.gz"
    return gzip.decompress(packed.read_bytes()) if packed.exists() else (version / "service-2.json").read_bytes()


def _without_documentation(value: Any) -> Any:
    if isinstance(value, dict):
        # A member may be called `documentation`; then its value is a reference and not a text.
        return {
            key: _without_documentation(inner)
            for key, inner in value.items()
            if not (key == "documentation" and isinstance(inner, str))
        }
    if isinstance(value, list):
        return [_without_documentation(inner) for inner in value]
    return value


@cache
def _error_names(service: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, shape in load(service).shapes.items():
        if shape.get("exception"):
            found[shape.get("error", {}).get("code", name)] = name
            found[name] = name
    return found
