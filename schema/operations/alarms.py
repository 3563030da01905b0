"""Alarms: type, query, mutation and subscription roots; `hub.operations.alarms` decides."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Self

import strawberry

from hub.model.alarms import AlarmLevel
from hub.model.people import Scope
from hub.operations import conditions
from hub.operations.alarming.documents import AlarmDoc, about_of, state_of
from hub.operations.alarming.store import AlarmRepository
from hub.operations.alarms.acknowledging import acknowledge_alarm
from hub.operations.alarms.shelving import shelve_alarm, unshelve_alarm
from hub.store.listing import Place
from schema import enums
from schema.context import row_of
from schema.events import Event, live
from schema.languages import Language
from schema.live.source import Arguments, LiveSource
from schema.nodes import (
    FIRST_DEFAULT,
    Connection,
    Node,
    connect,
    decode_cursor,
    key_of,
    node_type,
    page_size,
)
from schema.open_enums import made, stored_word
from schema.operations.audit import AuditEntry, acted_on
from schema.operations.common import Keyed, Payload, answers, at_desk, mutation
from schema.people.types import Officer, person
from schema.policy import SIGNED_IN
from schema.projection import (
    Entity,
    Info,
    Row,
    adds,
    computed,
    described,
    entity,
    root,
    spoken,
    stored,
    value,
)
from schema.transit.arguments import After, First, Resume

if TYPE_CHECKING:
    from schema.context import SchemaContext

SHELF_SECONDS = 5.0
"""How late a live list may be told of an alarm whose shelf time is over."""
AlarmKind = made(
    "AlarmKind",
    "What somebody has to act on (告警类型).",
    {kind: f"{one.means} ({one.word.zh})." for kind, one in conditions().items()},
    other="Of a kind that this hub raises no more (其他).",
)
ActiveOnly = Annotated[
    bool | None,
    strawberry.argument(
        description="true: only those whose condition holds, acknowledged or not;"
        " false: only those that are cleared (未恢复)."
    ),
]
StateOnly = Annotated[
    enums.AlarmState | None, strawberry.argument(description="Only in this state (状态).")
]
KindOnly = Annotated[
    AlarmKind | None,  # type: ignore[valid-type]  # it is made of what capabilities declare
    strawberry.argument(description="Only of this kind (类型)."),
]


@node_type
@entity(policy=Scope.ALARMS_READ)
class Alarm(Node):
    """Something a person has to act on (告警). It ends when its condition does, and not before.

    What it is about is a field for each sort of thing, added where that is declared.
    """

    kind: str = stored_word(
        "kind", AlarmKind, "What sort of thing is wrong", zh="告警类型", graphql_type=AlarmKind
    )
    message: str = stored("message", "What is wrong, Chinese first", zh="内容")
    next_step: str = stored("next_step", "What to do now, Chinese first", zh="处置建议")
    place: str | None = stored("place", "Where, in words", zh="地点")
    raised_at: datetime = stored("raised_at", "Since when", zh="发生时间")
    acknowledged_at: datetime | None = stored(
        "acknowledged_at", "When somebody said they see to it", zh="确认时间"
    )
    acknowledged_by: Officer | None = person("acknowledged_by", "Who does", zh="确认人")
    shelved_until: datetime | None = stored(
        "shelved_until", "Until when it was put aside; from then on it calls again", zh="搁置至"
    )
    shelved_by: Officer | None = person("shelved_by", "Who put it aside", zh="搁置人")
    shelved_because: str | None = stored("shelved_because", "Why it was", zh="搁置原因")
    cleared_at: datetime | None = stored("cleared_at", "When its condition ended", zh="恢复时间")
    cleared_because: str | None = stored("cleared_because", "What ended it", zh="恢复原因")
    officer: Officer | None = person(
        "account_id", "Who could not be woken, or who reported", zh="队员"
    )

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The alarm, if the caller may see it."""
        return cls.of(await context.load.of(AlarmRepository).load(key))

    @computed(needs=("active", "acknowledged_at", "shelved_until"), zh="告警状态")
    def state(self, context: "SchemaContext") -> enums.AlarmState:
        """Where it stands."""
        return state_of(self.doc, context.now)

    @computed(needs=("kind",), zh="告警级别")
    def level(self, _context: "SchemaContext") -> enums.AlarmLevel:
        """How much somebody has to act."""
        known = conditions().get(self.doc["kind"])
        return known.level if known else AlarmLevel.NOTICE

    @spoken(needs=("kind",), zh="告警名称")
    def name(self, _context: "SchemaContext", language: Language) -> str:
        """What a person calls its kind."""
        known = conditions().get(self.doc["kind"])
        if known is None:
            return str(self.doc["kind"])
        return known.word.zh if language is Language.ZH else known.word.en


@adds(AuditEntry, "alarm")
@computed(needs=("action", "target"), zh="告警", policy=Scope.ALARMS_READ)
async def _of_act(self: AuditEntry, context: "SchemaContext") -> Alarm | None:
    """The alarm it was about; null if about none, or not the caller's to see."""
    key = acted_on(self, "alarm")
    return await Alarm.load(context, key) if key else None


@strawberry.type
class Query:
    """Roots about what calls for somebody to act."""

    @root(Scope.ALARMS_READ, "Alarms the caller may see, newest first", zh="告警")
    async def alarms(
        self,
        info: Info,
        active: ActiveOnly = None,
        state: StateOnly = None,
        kind: KindOnly = None,
        first: First = FIRST_DEFAULT,
        after: After = None,
    ) -> Connection[Alarm]:
        """By the time they were raised."""
        context, at = info.context, decode_cursor(after, datetime, str)

        async def ask(first: int, place: Place | None) -> list[AlarmDoc]:
            return await context.services.of(AlarmRepository).page(
                context.viewer, first=first, after=place, active=active, state=state, kind=kind
            )

        async def behind(row: Row | None) -> bool:
            return bool(await ask(1, Place(*_raised(row), before=True) if row else None))

        found = await ask(page_size(first) + 1, Place(*at) if at else None)
        rows = [row_of(alarm) for alarm in found]
        return connect(rows, first=first, after=after, wrap=Alarm, place=_raised, behind=behind)

    @root(Scope.ALARMS_READ, "An alarm by its id; null if not the caller's to see", zh="告警")
    async def alarm(self, info: Info, id: strawberry.ID) -> Alarm | None:  # noqa: A002
        """Absent and forbidden look the same."""
        return await Alarm.load(info.context, key_of(id, "Alarm", "id"))


@strawberry.input(description="That somebody sees to an alarm (确认告警).")
class AcknowledgeAlarmInput(Keyed):
    """Which alarm."""

    alarm: strawberry.ID = strawberry.field(description="The alarm (告警).")


@strawberry.input(description="That an alarm is put aside for a while (搁置告警).")
class ShelveAlarmInput(Keyed):
    """Which alarm, why and until when."""

    alarm: strawberry.ID = strawberry.field(description="The alarm, of no level ACT (告警).")
    reason: str = strawberry.field(description="Why, at most 500 characters (原因).")
    until: datetime = strawberry.field(
        description="Until when, in the next eight hours; then it calls anew (搁置至)."
    )


@strawberry.input(description="That an alarm is put aside no longer (取消搁置).")
class UnshelveAlarmInput(Keyed):
    """Which alarm."""

    alarm: strawberry.ID = strawberry.field(description="The alarm (告警).")


@value(policy=SIGNED_IN)
class AlarmPayload(Payload):
    """What became of the alarm."""

    alarm: Alarm | None = described("The alarm after it; null with errors", zh="告警")


@answers(AlarmPayload)
def _written(alarm: AlarmDoc | None) -> dict[str, Any]:
    return {"alarm": Alarm(row_of(alarm)) if alarm else None}


@strawberry.type
class Mutation:
    """What is done about alarms."""

    @mutation(
        Scope.ALARMS_WRITE, "Say that you see to an alarm; it ends nothing", _written, zh="确认告警"
    )
    async def acknowledge_alarm(self, info: Info, input: AcknowledgeAlarmInput) -> AlarmDoc:  # noqa: A002
        """Once per clientMutationId; who was first stays."""
        return await acknowledge_alarm(
            *at_desk(info),
            alarm_id=key_of(input.alarm, "Alarm", "alarm"),
            key=input.client_mutation_id,
        )

    @mutation(
        Scope.ALARMS_WRITE,
        "Put an alarm aside until a moment, with a reason; it ends nothing",
        _written,
        zh="搁置告警",
    )
    async def shelve_alarm(self, info: Info, input: ShelveAlarmInput) -> AlarmDoc:  # noqa: A002
        """Once per clientMutationId; what is shelved already is shelved anew."""
        return await shelve_alarm(
            *at_desk(info),
            alarm_id=key_of(input.alarm, "Alarm", "alarm"),
            reason=input.reason,
            until=input.until,
            key=input.client_mutation_id,
        )

    @mutation(Scope.ALARMS_WRITE, "Let a shelved alarm call again now", _written, zh="取消搁置")
    async def unshelve_alarm(self, info: Info, input: UnshelveAlarmInput) -> AlarmDoc:  # noqa: A002
        """Once per clientMutationId; of one that is not shelved it changes nothing."""
        return await unshelve_alarm(
            *at_desk(info),
            alarm_id=key_of(input.alarm, "Alarm", "alarm"),
            key=input.client_mutation_id,
        )


async def _rows(context: "SchemaContext", arguments: Arguments) -> list[Row]:
    """No `listing`: pages need an order that stands, and a watch needs what presses most."""
    found = await context.services.of(AlarmRepository).pressing(
        context.viewer,
        first=page_size(arguments.get("first", FIRST_DEFAULT)),
        active=arguments.get("active"),
        state=arguments.get("state"),
        kind=arguments.get("kind"),
    )
    return [row_of(alarm) for alarm in found]


@strawberry.type
class Subscription:
    """Live roots about what calls for somebody to act."""

    @live(
        Scope.ALARMS_READ,
        "Alarms the caller may see, live; where there are more than `first`, the most pressing",
        LiveSource(
            collections=frozenset({"alarms"}),
            rows=_rows,
            wrap=Alarm,
            volatile=lambda row, context: state_of(row, context.now),
            refresh_s=SHELF_SECONDS,
            per_viewer=True,
        ),
        zh="告警",
    )
    async def alarms(
        self,
        active: ActiveOnly = None,
        state: StateOnly = None,
        kind: KindOnly = None,
        first: First = FIRST_DEFAULT,
        after: Resume = None,
    ) -> AsyncGenerator[Event[Alarm], None]:
        """The most pressing `first`. What becomes of the order is told by `orders`."""
        raise NotImplementedError


def about(alarm: Entity, word: str) -> str | None:
    """The id of what of this sort the alarm is about, if it is about any."""
    return about_of(alarm.doc).get(word)


def _raised(row: Row) -> tuple[datetime, str]:
    return row["raised_at"], row["_id"]
