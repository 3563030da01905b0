"""Mappings of ids between datasets: listed to readers of feeds, decided by administrators."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Self

import strawberry

from hub.errors import NotFound, UserFault
from hub.model.identity import IdMapping as Mapping
from hub.model.identity import MatchMethod
from hub.model.ids import global_id
from hub.model.people import Scope
from hub.operations import checks
from hub.rules.matching import MOST_PER_PLACE
from hub.store.audit import Author
from hub.store.driver import Tx
from hub.store.feeds.identity import Decided
from schema import enums
from schema.nodes import (
    FIRST_DEFAULT,
    Connection,
    Node,
    connect,
    decode_cursor,
    key_of,
    keyed,
    node_type,
    page_size,
)
from schema.operations.common import Keyed, Payload, user_error
from schema.people.types import Officer, person
from schema.policy import SIGNED_IN
from schema.projection import (
    Entity,
    Info,
    computed,
    described,
    embedded,
    entity,
    root,
    stored,
    value,
)
from schema.transit.arguments import After, First
from schema.transit.network import StopPlace

if TYPE_CHECKING:
    from schema.context import SchemaContext

_ARGUMENTS = {
    "dataset": "stopPlace",
    "nativeId": "stopPlace",
    "canonicalId": "canonical",
    "key": "clientMutationId",
}


@node_type
@entity(policy=Scope.FEEDS_READ)
class IdMapping(Node):
    """That two ids of two datasets name one object (标识映射). Only CONFIRMED ones have effect."""

    code: str = keyed("Names the pair of ids", zh="代码")
    scheme: enums.IdScheme = stored("scheme", "What sort of object the ids name", zh="对象类型")
    dataset: str = stored("dataset", "Dataset of the id that is mapped", zh="数据集")
    native_id: str = stored("native_id", "The id that is mapped, in its dataset", zh="原编号")
    canonical_id: str = stored("canonical_id", "Scoped id it stands for", zh="对应编号")
    method: enums.MatchMethod = stored("method", "What it rests on", zh="匹配方式")
    confidence: float = stored("confidence", "How likely it was held to be, 0 to 1", zh="置信度")
    state: enums.MappingState = stored("state", "What was decided", zh="状态")
    valid_from: datetime | None = stored("valid_from", "Since when; null: ever", zh="生效")
    valid_to: datetime | None = stored("valid_to", "Until when; null: for ever", zh="失效")
    decided_at: datetime | None = stored("decided_at", "When it was decided", zh="确认时间")
    decided_by: Officer | None = person(
        "decided_by", "Who decided", zh="确认人", policy=Scope.ADMIN
    )

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The mapping, if there is one."""
        return cls.of(await context.services.identity.get(key))

    @computed(needs=("scoped_id",), zh="站点")
    async def stop_place(self, context: "SchemaContext") -> StopPlace | None:
        """The stop place that is mapped, if a timetable has told of it."""
        return StopPlace.of(await context.load.stop_place.load(self.doc["scoped_id"]))

    @computed(needs=("canonical_id",), zh="对应站点")
    async def canonical(self, context: "SchemaContext") -> StopPlace | None:
        """The stop place it stands for."""
        return StopPlace.of(await context.load.stop_place.load(self.doc["canonical_id"]))


@entity(policy=Scope.FEEDS_READ)
class UnmatchedStopPlace(Entity):
    """A stop place of which no mapping is confirmed, and what was proposed for it (未对应站点)."""

    proposals: list[IdMapping] = embedded(
        "proposals",
        "PROPOSED mappings of it or onto it, the likeliest first",
        zh="候选映射",
        size=MOST_PER_PLACE,
    )

    @computed(needs=("_id",), zh="站点")
    def stop_place(self, _context: "SchemaContext") -> StopPlace:
        """The stop place, as its timetable tells of it."""
        return StopPlace(self.doc)


@strawberry.input(description="That two ids name one stop place (确认标识映射).")
class ConfirmIdMappingInput(Keyed):
    """Which two, and for which time."""

    stop_place: strawberry.ID = strawberry.field(
        description='The stop place that is mapped: its id, or a scoped id like "metro:123" (站点).'
    )
    canonical: strawberry.ID = strawberry.field(
        description="The stop place it stands for: its id or scoped id (对应站点)."
    )
    valid_from: datetime | None = strawberry.field(
        default=None, description="Since when; null: ever (生效)."
    )
    valid_to: datetime | None = strawberry.field(
        default=None, description="Until when; null: for ever (失效)."
    )


@strawberry.input(description="That two ids do not name one stop place (否定标识映射).")
class RejectIdMappingInput(Keyed):
    """Which mapping."""

    id_mapping: strawberry.ID = strawberry.field(description="The mapping (标识映射).")


@value(policy=SIGNED_IN)
class IdMappingPayload(Payload):
    """What became of the mapping."""

    id_mapping: IdMapping | None = described("The mapping after it; null with errors", zh="映射")
    replaced: list[strawberry.ID] = described(
        "Ids of confirmed mappings it took the place of, now rejected", zh="被取代的映射"
    )


@strawberry.type
class IdentityQuery:
    """Roots about ids."""

    @root(Scope.FEEDS_READ, "Mappings of ids between datasets", zh="标识映射")
    async def id_mappings(
        self,
        info: Info,
        state: Annotated[
            enums.MappingState | None,
            strawberry.argument(description="Only of this state (状态)."),
        ] = None,
        dataset: Annotated[
            str | None, strawberry.argument(description="Only ids of this dataset (数据集).")
        ] = None,
        first: First = FIRST_DEFAULT,
        after: After = None,
    ) -> Connection[IdMapping]:
        """By code."""
        place = decode_cursor(after, str)
        rows = await info.context.services.identity.page(
            state=state,
            dataset=dataset,
            limit=page_size(first) + 1,
            after=place[0] if place else None,
        )
        if not rows:
            await _known_dataset(info.context, dataset)
        return connect(
            rows, first=first, after=after, wrap=IdMapping, place=lambda row: (row["_id"],)
        )

    @root(Scope.FEEDS_READ, "Stop places of which no mapping is confirmed now", zh="未对应站点")
    async def unmatched_stop_places(
        self,
        info: Info,
        dataset: Annotated[
            str | None, strawberry.argument(description="Only of this dataset (数据集).")
        ] = None,
        first: First = FIRST_DEFAULT,
        after: After = None,
    ) -> Connection[UnmatchedStopPlace]:
        """By scoped id; what was only proposed, or was rejected, leaves a place unmatched."""
        place = decode_cursor(after, str)
        rows = await info.context.services.identity.unmatched(
            dataset=dataset, limit=page_size(first) + 1, after=place[0] if place else None
        )
        if not rows:
            await _known_dataset(info.context, dataset)
        return connect(
            rows,
            first=first,
            after=after,
            wrap=UnmatchedStopPlace,
            place=lambda row: (row["_id"],),
        )


@strawberry.type
class IdentityMutation:
    """What an administrator decides about ids."""

    @root(Scope.ADMIN, "Confirm that two ids name one stop place; audited", zh="确认标识映射")
    async def confirm_id_mapping(
        self,
        info: Info,
        input: ConfirmIdMappingInput,  # noqa: A002
    ) -> IdMappingPayload:
        """What was confirmed for the same id and time before is rejected by it."""

        async def work(tx: Tx) -> Decided:
            mapped = key_of(input.stop_place, "StopPlace", "stopPlace")
            dataset, _, native = mapped.partition(":")
            if not (dataset and native):
                message = f"{input.stop_place!r}: expected a scoped id, dataset:native."
                raise UserFault("BAD_ID", message, path=("stopPlace",))
            wanted = Mapping(
                dataset=dataset,
                native_id=native,
                canonical_id=key_of(input.canonical, "StopPlace", "canonical"),
                method=MatchMethod.MANUAL,
                confidence=1.0,
                valid_from=input.valid_from,
                valid_to=input.valid_to,
            )
            return await info.context.services.identity.confirm(
                Author.of(info.context.principal), wanted, tx=tx
            )

        return await _answer(info.context, "confirmIdMapping", input, work)

    @root(Scope.ADMIN, "Decide that two ids name two stop places; audited", zh="否定标识映射")
    async def reject_id_mapping(
        self,
        info: Info,
        input: RejectIdMappingInput,  # noqa: A002
    ) -> IdMappingPayload:
        """Also when that was confirmed before: its effect ends."""

        async def work(tx: Tx) -> Decided:
            return Decided(
                await info.context.services.identity.reject(
                    Author.of(info.context.principal),
                    key_of(input.id_mapping, "IdMapping", "idMapping"),
                    tx=tx,
                )
            )

        return await _answer(info.context, "rejectIdMapping", input, work)


async def _known_dataset(context: "SchemaContext", dataset: str | None) -> None:
    """Raise NotFound for a filter by a dataset that no feed and no stop place is of."""
    if dataset is not None and not await context.services.identity.knows(dataset):
        raise NotFound("Dataset", dataset, path=("dataset",))


async def _once(
    context: "SchemaContext",
    operation: str,
    asked: ConfirmIdMappingInput | RejectIdMappingInput,
    work: Callable[[Tx], Awaitable[Decided]],
) -> Decided:
    """What the key led to, now or before; its transaction is that of the decision."""

    async def decide(tx: Tx) -> dict[str, Any]:
        decided = await work(tx)
        return {"id": decided.mapping["_id"], "replaced": list(decided.replaced)}

    name = [context.principal.account_id, checks.key(asked.client_mutation_id)]
    kept = await context.services.operations.desk.idempotency.once(
        checks.fingerprint("call", name), checks.fingerprint(operation, vars(asked)), decide
    )
    mapping = await context.services.identity.get(kept.result["id"])
    if mapping is None:
        raise NotFound("Id mapping", kept.result["id"], path=("idMapping",))
    return Decided(mapping, tuple(kept.result["replaced"]))


async def _answer(
    context: "SchemaContext",
    operation: str,
    asked: ConfirmIdMappingInput | RejectIdMappingInput,
    work: Callable[[Tx], Awaitable[Decided]],
) -> IdMappingPayload:
    key = asked.client_mutation_id
    try:
        decided = await _once(context, operation, asked, work)
    except UserFault as fault:
        path = ["input", *(_ARGUMENTS.get(part, part) for part in fault.path)]
        error = user_error(fault.code, path, str(fault))
        return IdMappingPayload(
            client_mutation_id=key, user_errors=[error], id_mapping=None, replaced=[]
        )
    return IdMappingPayload(
        client_mutation_id=key,
        user_errors=[],
        id_mapping=IdMapping(decided.mapping),
        replaced=[strawberry.ID(global_id("IdMapping", code)) for code in decided.replaced],
    )
