"""Inputs of the mutations. `clientMutationId` is the idempotency key of each."""

import strawberry

from schema import enums

KEY = (
    "Made by the client: sent again with the same input it changes nothing and answers the same"
    " (幂等键)."
)


@strawberry.input(description="A place on the map (位置), WGS-84 degrees.")
class PositionInput:
    """Latitude and longitude."""

    lat: float = strawberry.field(description="Latitude (纬度).")
    lon: float = strawberry.field(description="Longitude (经度).")


@strawberry.input(description="A new incident (登记事件).")
class OpenIncidentInput:
    """What happened, how bad, where, and whose it is."""

    client_mutation_id: str = strawberry.field(description=KEY)
    kind: enums.IncidentKind = strawberry.field(description="What happened (事件类型).")
    title: str = strawberry.field(description="Title, at most 200 characters (标题).")
    description: str | None = strawberry.field(default=None, description="What is known (描述).")
    severity: enums.Severity = strawberry.field(
        default=enums.Severity.UNKNOWN, description="How bad (严重程度)."
    )
    place: str | None = strawberry.field(default=None, description="Where, in words (地点).")
    position: PositionInput | None = strawberry.field(
        default=None, description="Where, on the map (位置)."
    )
    units: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Units involved, ids or codes, the lead first (涉及单位)."
    )
    exercise: bool = strawberry.field(default=False, description="Whether it is a drill (演练).")


@strawberry.input(description="The end of an incident (办结事件).")
class CloseIncidentInput:
    """Which incident, and how it ended."""

    client_mutation_id: str = strawberry.field(description=KEY)
    incident: strawberry.ID = strawberry.field(description="The incident (事件).")
    outcome: str = strawberry.field(description="How it ended (处置结果).")


@strawberry.input(description="A new order (下达指令).")
class DispatchOrderInput:
    """Who is to do what, and who is asked if they do not answer."""

    client_mutation_id: str = strawberry.field(description=KEY)
    incident: strawberry.ID = strawberry.field(description="The incident it belongs to (事件).")
    text: str = strawberry.field(description="What to do (内容).")
    recipients: list[strawberry.ID] = strawberry.field(
        description="Officers on duty, by id or login (接收人)."
    )
    escalation: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Who is asked next, in order, by id or login (升级顺序)."
    )
    priority: enums.OrderPriority = strawberry.field(
        default=enums.OrderPriority.URGENT, description="How loudly to ask (指令等级)."
    )
    accept_within_seconds: int | None = strawberry.field(
        default=None,
        description="Seconds before the next is asked; null: as configured (签收时限).",
    )


@strawberry.input(description="The withdrawal of an order (撤销指令).")
class CancelOrderInput:
    """Which order, and why."""

    client_mutation_id: str = strawberry.field(description=KEY)
    order: strawberry.ID = strawberry.field(description="The order (指令).")
    reason: str = strawberry.field(description="Why (原因).")
