"""How does one AWS endpoint serve every service, and what must a service module declare?

`pipeline.py` is the walk of a request on one screen; `errors.py` is the one table from domain error to AWS error.

A service is a package beside this one, named as in botocore with `_` for `-`. It imports `wire` and the domain, never
the gateway or another service, and never sees XML, JSON or HTTP. It exports two names:

    @dataclass(frozen=True, slots=True)
    class StsRooms:                         # the domain services that its handlers use, made by app/wiring/
        role_assumption: RoleAssumption

    SERVICE: Service[StsRooms] = Service("sts", {
        "AssumeRole": OperationRow(
            assume_role,                    # (rooms: StsRooms, call: Call, given: Input) -> Output
            action="sts:AssumeRole",
            event=EventName.ASSUME_ROLE,
            access=Access.IN_ROOM,          # CHECKED | IN_ROOM | AUTHENTICATED | PROVED_BY_INPUT
            recorded=Recorded.BY_ROOM,      # who writes the event of a success: BY_ROOM | BY_GATEWAY
            resource=lambda call, given: given["RoleArn"],
        ),
    })

- `given` is the validated input as boto3 users pass it (`given["RoleArn"]`, aware datetimes, bytes); the output is what
  boto3 users get back. An absent row answers InvalidAction or UnknownOperationException, status 400.
- CHECKED: the gateway asks the authorizer about `action` on `resource` (with `conditions`) before the handler runs.
  IN_ROOM: the domain service calls `authorizer.authorize(caller, action, resource, resource_account=..., context=...)`
  of `domain.access.authorizer` itself; the row's `resource` then only names the denial's event.
- A handler raises domain errors (rows in `errors.py`: add one for each of yours; a test asserts that none is missing),
  or `WireError(code, message)` for what only the wire knows, such as a paging token that is not one.
- The event of a denial or failure is written by the gateway under the row's event name, before the answer; a domain
  service called by a handler never writes it. The event of a success is written by whom `recorded` says.
- `app/wiring/aws.py` joins them: `Gateway(services=[mount(sts.SERVICE, StsRooms(...)), ...], ...)`.
"""
