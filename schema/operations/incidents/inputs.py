"""What is told to do something about an incident."""

import strawberry

from schema import enums
from schema.common import PositionInput
from schema.operations.common import Keyed


@strawberry.input(description="A new incident (登记事件).")
class OpenIncidentInput(Keyed):
    """What happened, how bad, where, and whose it is."""

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
class CloseIncidentInput(Keyed):
    """Which incident, and how it ended."""

    incident: strawberry.ID = strawberry.field(description="The incident (事件).")
    outcome: str = strawberry.field(description="How it ended (处置结果).")


@strawberry.input(description="What has changed of an incident (更新事件); what is absent stays.")
class UpdateIncidentInput(Keyed):
    """Which incident, and what of it."""

    incident: strawberry.ID = strawberry.field(description="The incident (事件).")
    kind: enums.IncidentKind | None = strawberry.field(
        default=strawberry.UNSET, description="What happened (事件类型)."
    )
    title: str | None = strawberry.field(
        default=strawberry.UNSET, description="Title, at most 200 characters (标题)."
    )
    description: str | None = strawberry.field(
        default=strawberry.UNSET, description="What is known; null: nothing (描述)."
    )
    severity: enums.Severity | None = strawberry.field(
        default=strawberry.UNSET, description="How bad (严重程度)."
    )
    place: str | None = strawberry.field(
        default=strawberry.UNSET, description="Where, in words; null: unknown (地点)."
    )
    position: PositionInput | None = strawberry.field(
        default=strawberry.UNSET, description="Where, on the map; null: unknown (位置)."
    )


@strawberry.input(description="A note on an incident (事件记事).")
class NoteIncidentInput(Keyed):
    """Which incident, and what is to be written down."""

    incident: strawberry.ID = strawberry.field(description="The incident (事件).")
    text: str = strawberry.field(description="What everybody who sees it is to read (内容).")


@strawberry.input(description="More units for an incident (增加单位).")
class AddIncidentUnitsInput(Keyed):
    """Which incident, and whose it is as well."""

    incident: strawberry.ID = strawberry.field(description="The incident (事件).")
    units: list[strawberry.ID] = strawberry.field(description="Units, ids or codes (单位).")


@strawberry.input(description="That a closed incident goes on (重启事件).")
class ReopenIncidentInput(Keyed):
    """Which incident, and why."""

    incident: strawberry.ID = strawberry.field(description="The incident (事件).")
    reason: str = strawberry.field(description="Why (原因).")
