"""The alarm of phones that could not be woken (呼叫失败): one person's, or many for one subject.

Where each must act, as on an order, it is one alarm a person; where thousands are to read the same,
it is one for all of them, and the ledgers say who.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from hub import clock
from hub.model.alarms import AlarmLevel
from hub.operations import kinds
from hub.operations.alarming.condition import Changed, Condition
from hub.operations.alarming.documents import AlarmDoc
from hub.operations.asking.asked import Asked
from hub.operations.asking.documents import OURS, RECIPIENTS, RecipientDoc
from hub.operations.asking.store import Recipients
from hub.operations.desk import Desk
from hub.operations.words import Both, both
from hub.store.driver import Store, Tx
from hub.store.pending import seen
from hub.store.people import ACCOUNTS

_ENDED = Both("事项已结束", "what it was about has ended")
_REACHED = Both("已联系上本人", "the phone was reached")
_ALL_REACHED = Both("已无未唤醒人员", "nobody is left who was not woken")


def one_unwoken(
    asked: Asked,
    ledger: RecipientDoc,
    message: Both,
    who: Both | str,
    at: datetime,
    *,
    place: str | None = None,
    withdrawn: bool = False,
) -> AlarmDoc:
    """Somebody whom no push reaches for what they are asked, or for its end: two conditions.

    It is for that person's unit alone.
    """
    return WAKE_UP_DEAD.alarm(
        message,
        at,
        of=ledger.id + (":withdrawn" if withdrawn else ""),
        step={"who": who},
        units=[ledger.unit] if ledger.unit is not None else [],
        about=asked.about(),
        account_id=ledger.account_id,
        place=place,
        withdrawn=withdrawn,
    )


def many_unwoken(asked: Asked, count: int, at: datetime) -> AlarmDoc:
    """So many of whom are asked the same whom no push reaches; it names no person."""
    subject, by = asked.subject, asked.asked_by
    message = both(
        "{name} 有 {count} 人呼叫失败",
        "{name}: people who could not be woken: {count}",
        name=subject.name,
        count=count,
    )
    return WAKE_UP_DEAD.alarm(
        message,
        at,
        of=subject.id,
        step={"who": Both("名单上未唤醒的人员", "those whom its ledger shows as not woken")},
        units=sorted({*subject.units, *([by] if by is not None else [])}),
        about=asked.about(),
        parts=count,
    )


async def _asked(desk: Desk, active: Sequence[AlarmDoc], tx: Tx | None) -> list[Changed]:
    """Over with the subject, or once a sign of life comes of who was not woken.

    One about nothing that is known has no subject that could have ended.
    """
    standing = desk.of(Standing)
    named = [(alarm, _subject(alarm)) for alarm in active]
    going = await standing.going([subject for _, subject in named if subject], tx=tx)
    since = min(alarm.confirmed_at for alarm in active)
    people = {alarm.account_id for alarm in active if alarm.account_id}
    heard = await standing.heard_of(people, since, tx=tx)
    found: list[Changed] = []
    for alarm, subject in named:
        last = heard.get(alarm.account_id or "")
        if subject and _is_over(alarm, going.get(subject)):
            found.append((alarm, _ENDED))
        elif subject and alarm.account_id is None:
            found += await _fewer(desk, alarm, *subject, tx)
        elif last is not None and last > alarm.confirmed_at:
            found.append((alarm, _REACHED))
    return found


async def _fewer(
    desk: Desk, alarm: AlarmDoc, kind: str, subject_id: str, tx: Tx | None
) -> list[Changed]:
    """How many are left of those of whom the alarm is, where that is not what it says."""
    left = await desk.of(Recipients).unwoken(subject_id, tx=tx)
    if not left:
        return [(alarm, _ALL_REACHED)]
    if left == alarm.parts:
        return []

    async def say(tx: Tx) -> list[Changed]:
        asked = await kinds()[kind].take_up(desk, tx, subject_id)
        return [(alarm, many_unwoken(asked, left, clock.now()))] if asked else []

    return await (say(tx) if tx is not None else desk.store.transaction(say))


def _subject(alarm: AlarmDoc) -> tuple[str, str] | None:
    """What it is about that people are asked: its kind and id; None for nothing that is known."""
    return next(((kind, key) for kind, key in alarm.about.items() if kind in kinds()), None)


def _is_over(alarm: AlarmDoc, going: bool | None) -> bool:
    """Whether its subject's end is its own; `going`: whether that goes on, None: it is gone."""
    return going is None or not (going or alarm.withdrawn)


class Standing:
    """Asks how subjects stand, and when people were last heard of."""

    def __init__(self, store: Store) -> None:
        self._db = store.db

    async def going(
        self, subjects: Collection[tuple[str, str]], *, tx: Tx | None = None
    ) -> Mapping[tuple[str, str], bool]:
        """Whether each has not ended yet; what is not there is left out."""
        found: dict[tuple[str, str], bool] = {}
        for kind, asked in kinds().items():
            ids = [key for one, key in subjects if one == kind]
            if not ids:
                continue
            await seen(tx, asked.collection)
            rows = self._db[asked.collection].find(
                {"_id": {"$in": ids}}, {"ended_at": True}, session=tx
            )
            found |= {(kind, row["_id"]): row["ended_at"] is None async for row in rows}
        return found

    async def heard_of(
        self, accounts: Collection[str], since: datetime, *, tx: Tx | None = None
    ) -> dict[str, datetime]:
        """When each was last heard of since then: a push taken, an answer, in or out of duty.

        Accounts of which nothing was heard since are left out.
        """
        if not accounts:
            return {}
        await seen(tx, RECIPIENTS, ACCOUNTS)
        signed: dict[str, Any] = {"_id": {"$in": list(accounts)}, "duty.since": {"$gt": since}}
        people = self._db[ACCOUNTS].find(signed, {"duty.since": True}, session=tx)
        heard: dict[str, datetime] = {row["_id"]: row["duty"]["since"] async for row in people}
        line = {"at": {"$gt": since}, "channel": {"$nin": OURS}}
        ledgers = self._db[RECIPIENTS].find(
            {"account_id": {"$in": list(accounts)}, "entries": {"$elemMatch": line}},
            {"account_id": True, "entries.at": True, "entries.channel": True},
            session=tx,
        )
        async for row in ledgers:
            times = [e["at"] for e in row["entries"] if e["channel"] not in OURS]
            known = heard.get(row["account_id"])
            heard[row["account_id"]] = max(times if known is None else [known, *times])
        return heard


WAKE_UP_DEAD = Condition(
    kind="WAKE_UP_DEAD",
    word=Both("呼叫失败", "Not woken"),
    means="A phone could not be woken",
    level=AlarmLevel.CAUTION,
    next_step=Both(
        "请电话或电台通知 {who}；多人呼叫失败时检查推送服务：liandong doctor",
        "Tell {who} by phone or radio; if several cannot be woken, check the push service: "
        "liandong doctor.",
    ),
    asked=_asked,
)
