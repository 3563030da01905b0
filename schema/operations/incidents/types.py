"""An incident with its timeline, and what becomes of one that is asked for."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from hub.errors import NotFound
from hub.model.people import Scope
from hub.operations import lines
from hub.operations.incidents.attachments import AttachmentRepository
from hub.operations.incidents.store import IncidentRepository
from schema import enums
from schema.common import Position, position
from schema.nodes import Node, node_type
from schema.open_enums import made, stored_word
from schema.operations.alarms import Alarm, about
from schema.operations.audit import AuditEntry, acted_on
from schema.operations.common import Payload, key_named
from schema.people.types import Officer, Unit, person, units_of
from schema.policy import SIGNED_IN
from schema.projection import Entity, adds, computed, described, entity, stored, value

if TYPE_CHECKING:
    from schema.context import SchemaContext

READ = Scope.INCIDENTS_READ
PHOTOGRAPHS = "/mobile/v1/attachments"
"""Where photographs are served, on this hub."""
TimelineKind = made(
    "TimelineKind",
    "What a line of an incident's timeline tells of (时间线类别).",
    {kind: f"{words}." for kind, words in lines().items()},
    other="Something else: the text says what (其他).",
)


@entity(policy=READ)
class TimelineEntry(Entity):
    """One line of an incident's timeline (时间线), which only grows."""

    at: datetime = stored("at", "When, by the hub's clock", zh="时间")
    by: Officer | None = person("by", "Who, not the hub itself", zh="人员")
    kind: str = stored_word(
        "kind", TimelineKind, "What sort of line", zh="类别", graphql_type=TimelineKind
    )
    text: str = stored("text", "What happened", zh="内容")


@entity(policy=READ)
class Attachment(Entity):
    """A photograph of an incident (附件), re-encoded by the hub: JPEG without metadata."""

    at: datetime = stored("ready_at", "When it had come, by the hub's clock", zh="收到时间")
    by: Officer | None = person("owner", "Who sent it", zh="上传人")
    width: int = stored("width", "Pixels across", zh="宽度")
    height: int = stored("height", "Pixels down", zh="高度")
    bytes: int = stored("stored_bytes", "Its size", zh="字节数")

    @computed(needs=("id",), zh="原图地址")
    def url(self, _context: "SchemaContext") -> str:
        """Where it is, on this hub: asked for with the bearer token."""
        return f"{PHOTOGRAPHS}/{self.doc['_id']}"

    @computed(needs=("id",), zh="缩略图地址")
    def thumbnail_url(self, _context: "SchemaContext") -> str:
        """Where a small one is, at most 320 pixels wide and high."""
        return f"{PHOTOGRAPHS}/{self.doc['_id']}/thumbnail"


@node_type
@entity(policy=READ, keys=("id",))
class Incident(Node):
    """An incident (事件、警情)."""

    number: str = stored("number", "YYYYMMDD-NNN", zh="编号")
    kind: enums.IncidentKind = stored("kind", "What happened", zh="事件类型")
    severity: enums.Severity = stored("severity", "How bad", zh="严重程度")
    state: enums.IncidentState = stored("state", "Open or closed", zh="事件状态")
    title: str = stored("title", "Title", zh="标题")
    description: str | None = stored("description", "What is known", zh="描述")
    place: str | None = stored("place", "Where, in words", zh="地点")
    opened_by: Officer | None = person("opened_by", "Who opened it", zh="登记人")
    opened_at: datetime = stored("opened_at", "When it was opened", zh="登记时间")
    closed_by: Officer | None = person("closed_by", "Who closed it", zh="办结人")
    closed_at: datetime | None = stored("closed_at", "When it was closed", zh="办结时间")
    outcome: str | None = stored("outcome", "How it ended", zh="处置结果")
    exercise: bool = stored("exercise", "Whether it is a drill", zh="演练")

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The incident, if the caller may see it."""
        row = await context.load.of(IncidentRepository).load(key)
        return cls.of(row)

    @computed(needs=("location",), zh="位置")
    def position(self, _context: "SchemaContext") -> Position | None:
        """Where, on the map."""
        return position(self.doc.get("location"))

    @computed(needs=("units",), zh="涉及单位", policy=Scope.UNITS_READ)
    async def units(self, context: "SchemaContext") -> list[Unit]:
        """Units involved, the lead unit first."""
        return await units_of(context, self.doc["units"])

    @computed(needs=("id",), zh="时间线", size=20)
    async def timeline(self, context: "SchemaContext") -> list[TimelineEntry]:
        """What happened, oldest first.

        The newest 500 lines: of more there are pages, `incidentTimeline`.
        """
        lines = context.load.lists(IncidentRepository, IncidentRepository.timelines)
        return [TimelineEntry(row) for row in await lines.load(self.key)]

    @computed(needs=("id",), zh="照片", size=5)
    async def attachments(self, context: "SchemaContext") -> list[Attachment]:
        """Its photographs that have come, the first to come first."""
        found = context.load.lists(AttachmentRepository, AttachmentRepository.of_incidents)
        return [Attachment(row) for row in await found.load(self.key)]


@adds(Alarm)
@computed(needs=("about",), zh="事件", policy=READ)
async def incident(self: Alarm, context: "SchemaContext") -> Incident | None:
    """The incident it is about; null if about none, or not the caller's to see."""
    key = about(self, "incident")
    return await Incident.load(context, key) if key else None


@adds(AuditEntry, "incident")
@computed(needs=("action", "target"), zh="事件", policy=READ)
async def _of_act(self: AuditEntry, context: "SchemaContext") -> Incident | None:
    """The incident it was about; null if about none, or not the caller's to see."""
    key = acted_on(self, "incident")
    return await Incident.load(context, key) if key else None


@value(policy=SIGNED_IN)
class IncidentPayload(Payload):
    """What became of the incident."""

    incident: Incident | None = described("The incident after it; null with errors", zh="事件")


async def known_incident(context: "SchemaContext", incident: str | None) -> None:
    """Raise NotFound for a filter by an incident that is absent or not the caller's to see."""
    if incident is None:
        return
    if (
        await Incident.load(context, await key_named(context, incident, "Incident", "incident"))
        is None
    ):
        raise NotFound("Incident", incident, path=("incident",))
