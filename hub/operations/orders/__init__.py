"""Orders (指令): somebody is to do something, and says so; it never rests silently."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from hub.model.operations import Stage
from hub.operations.asking.answers import AnswerBody, answers
from hub.operations.asking.store import Recipients
from hub.operations.capability import Capability
from hub.operations.desk import Desk
from hub.operations.incidents.news import incident_news
from hub.operations.incidents.store import IncidentRepository
from hub.operations.orders.actions import cancel_open_of
from hub.operations.orders.asked import OrderAsked
from hub.operations.orders.documents import OrderDoc
from hub.operations.orders.news import SyncedOrder, order_news
from hub.operations.orders.store import OrderRepository
from hub.store.documents import AccountDoc
from hub.store.driver import Tx
from hub.store.news import News


class Answer(AnswerBody):
    """An answer to an order (指令回报)."""

    order_id: str = Field(
        min_length=1,
        max_length=256,
        description="`data.id` of the order, or its global id from GraphQL",
    )


async def _standing(
    desk: Desk, tx: Tx, account: AccountDoc, since: datetime, most: int
) -> Sequence[News]:
    """Orders that have not ended for the officer, the last that have, each with its incident."""
    ledgers, kind, ended = desk.of(Recipients), OrderAsked.kind, OrderAsked.ended
    rows = await ledgers.live_of_account(tx, account.id, kind, ended=ended)
    rows += await ledgers.ended_of_account(
        tx, account.id, kind, ended=ended, since=since, limit=most
    )
    orders = await desk.of(OrderRepository).by_ids({row.subject_id for row in rows}, tx=tx)
    incidents = await desk.of(IncidentRepository).by_ids({row.lane for row in rows}, tx=tx)
    told = [incident_news(account.id, incident) for incident in incidents.values()]
    told += [
        order_news(orders[row.subject_id], row, incidents[row.lane])
        for row in sorted(rows, key=lambda row: row.created_at)
    ]
    return told


CAPABILITY = Capability(
    documents=(OrderDoc,),
    field_actions={
        "order.received": answers(OrderAsked, Stage.RECEIVED, Answer),
        "order.seen": answers(OrderAsked, Stage.SEEN, Answer),
        "order.accepted": answers(OrderAsked, Stage.ACCEPTED, Answer),
        "order.declined": answers(OrderAsked, Stage.DECLINED, Answer),
        "order.enRoute": answers(OrderAsked, Stage.EN_ROUTE, Answer),
        "order.arrived": answers(OrderAsked, Stage.ARRIVED, Answer),
        "order.done": answers(OrderAsked, Stage.DONE, Answer),
    },
    news={"order": SyncedOrder},
    snapshot=_standing,
    asks=OrderAsked,
    closing=cancel_open_of,
    codes={
        "NOT_A_RECIPIENT": ("不是接收人", "The order was not given to that person."),
        "PART_DONE": ("已处置完毕", "That person's part of the order is done."),
        "ORDER_REASSIGNED": ("已改派他人", "The watch has given the order to somebody else."),
        "PART_PASSED_ON": ("已转交他人", "Somebody else is asked in that person's place already."),
    },
)
