"""Publishing, correcting and withdrawing bulletins (信息通报)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from hub import clock
from hub.errors import AccessDenied, NotFound, UserFault
from hub.model.operations import OrderPriority
from hub.model.people import Principal, Scope
from hub.operations import checks
from hub.operations.asking.audience import (
    Audience,
    Meant,
    anybody_in,
    audience_of,
    people_in,
    still_there,
)
from hub.operations.asking.parts import begin, ending
from hub.operations.asking.reach import unwakeable, unwoken
from hub.operations.bulletins.asked import BulletinAsked
from hub.operations.bulletins.documents import BULLETINS, BulletinDoc, BulletinState
from hub.operations.bulletins.store import BulletinRepository
from hub.operations.desk import Call, Desk, Done, new_id
from hub.store.driver import Tx

TEXT = 4000
"""The most characters of each."""
MOST_TOLD = 20_000_000
"""Characters that phones are sent for one bulletin: so many readers times so long a text."""
REMIND_AFTER = range(60, 86_401)
"""Seconds after which who has not read may be reminded."""
REMINDED = {OrderPriority.URGENT: 300, OrderPriority.ROUTINE: 3600}
"""The same where nothing is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinRequest:
    """A bulletin to be published, checked as far as that is possible without the database."""

    title: str
    text: str
    audience: Audience
    urgency: OrderPriority
    remind_after_s: int
    corrects: str | None


def request_of(
    *,
    title: object,
    text: object,
    units: Sequence[str] = (),
    officers: Sequence[str] = (),
    all_on_duty: bool = False,
    urgency: object = OrderPriority.ROUTINE,
    remind_after_s: int | None = None,
    corrects: str | None = None,
) -> BulletinRequest:
    """Check what a caller asks for. Raises UserFault with the path of the first fault."""
    audience = audience_of(units, officers, all_on_duty=all_on_duty)
    if not audience and corrects is None:
        words = "请指定接收范围 / audience: name units, officers, or all on duty."
        raise UserFault("AUDIENCE_EMPTY", words, path=("audience",))
    word = checks.word(urgency, OrderPriority, ("urgency",))
    seconds = REMINDED[word] if remind_after_s is None else remind_after_s
    if seconds not in REMIND_AFTER:
        words = "催办时限须为 60 至 86400 秒 / remindAfterSeconds: expected 60 to 86400 seconds."
        raise UserFault("BAD_VALUE", words, path=("remindAfterSeconds",))
    return BulletinRequest(
        title=checks.text(title, ("title",), most=checks.TITLE),
        text=checks.text(text, ("text",), most=TEXT),
        audience=audience,
        urgency=word,
        remind_after_s=seconds,
        corrects=None if corrects is None else checks.identifier(corrects, ("corrects",)),
    )


async def publish_bulletin(
    desk: Desk, by: Principal, asked: BulletinRequest, key: str
) -> BulletinDoc:
    """Publish a bulletin once per key. Needs BULLETINS_WRITE; it is the caller's unit's.

    Its audience is fixed now, and told in parts where it is large (`asking/parts.py`). One that
    `corrects` another withdraws that in the same transaction, and goes to whom that was for where
    no audience is named. Whom no push will wake is said in its `warnings`. Codes: BAD_TEXT,
    BAD_VALUE, UNIT_UNKNOWN, RECIPIENT_UNKNOWN, RECIPIENT_ROLE, AUDIENCE_EMPTY, AUDIENCE_COUNT,
    NOT_FOUND, BULLETIN_WITHDRAWN.
    """
    by.require(Scope.BULLETINS_WRITE)
    if by.unit is None and not by.viewer.sees_everything:
        raise AccessDenied("FORBIDDEN", "账号无所属单位 / This account belongs to no unit.")
    bulletin_id = new_id()

    async def work(tx: Tx) -> Done:
        at = clock.now()
        former = await _standing(desk, tx, by, asked.corrects) if asked.corrects else None
        if former is not None and not asked.audience:
            readers = await still_there(desk, tx, former.subject.recipients)
            meant_for_all = former.subject.all_on_duty
        else:
            readers = await people_in(desk, tx, asked.audience, by.viewer, without=by.account_id)
            meant_for_all = asked.audience.all_on_duty
        _not_too_much(asked, readers)
        bulletin = BulletinDoc(
            id=bulletin_id,
            number=f"TB{await desk.numbers.of_day('bulletin', desk.day(at), tx)}",
            unit=by.unit,
            title=asked.title,
            text=asked.text,
            priority=asked.urgency,
            created_by=by.account_id,
            created_at=at,
            units=sorted({reader.unit for reader in readers if reader.unit is not None}),
            recipients=[reader.id for reader in readers],
            untold=len(readers),
            within_s=asked.remind_after_s,
            all_on_duty=meant_for_all,
            corrects=asked.corrects,
            warnings=await unwoken(desk, by, readers, "audience", tx=tx),
        )
        desk.of(BulletinRepository).insert(tx, bulletin)
        await begin(BulletinAsked(desk, tx, bulletin), at)
        if former is not None:
            reason = f"已更正，见通报 {bulletin.number} / corrected by {bulletin.number}"
            await _withdraw(former, by, reason, at, replaced_by=bulletin)
        told = {"number": bulletin.number, "title": bulletin.title, "readers": len(readers)}
        if former is not None:
            told["corrects"] = former.subject.id
        return Done(bulletin.id, after=told)

    call = Call("publishBulletin", "bulletin.published", asdict(asked), key)
    done = await desk.once(by, call, work, lane=asked.corrects)
    return await _readable(desk, by, done)


async def audience_preview(desk: Desk, by: Principal, audience: Audience) -> tuple[int, int]:
    """How many people a bulletin would go to now, and how many of them no push wakes.

    Needs BULLETINS_WRITE. Codes: UNIT_UNKNOWN, RECIPIENT_UNKNOWN, RECIPIENT_ROLE, AUDIENCE_COUNT.
    """
    by.require(Scope.BULLETINS_WRITE)

    async def work(tx: Tx) -> list[Meant]:
        return await anybody_in(desk, tx, audience, by.viewer, without=by.account_id)

    people = await desk.store.transaction(work)
    return len(people), await unwakeable(desk, people)


async def withdraw_bulletin(
    desk: Desk, by: Principal, *, bulletin_id: str, reason: str, key: str
) -> BulletinDoc:
    """Take a bulletin back once per key; its readers are told, and woken if they had not read it.

    Needs BULLETINS_WRITE; a liaison withdraws its own unit's. Codes: NOT_FOUND, BAD_TEXT,
    BULLETIN_WITHDRAWN.
    """
    by.require(Scope.BULLETINS_WRITE)
    bulletin_id = checks.identifier(bulletin_id, ("bulletin",))
    reason = checks.text(reason, ("reason",), most=checks.REASON)

    async def work(tx: Tx) -> Done:
        asked = await _standing(desk, tx, by, bulletin_id, path="bulletin")
        await _withdraw(asked, by, reason, clock.now())
        return Done(
            bulletin_id,
            before={"state": "PUBLISHED"},
            after={"state": "WITHDRAWN", "reason": reason},
        )

    body = {"bulletin": bulletin_id, "reason": reason}
    call = Call("withdrawBulletin", "bulletin.withdrawn", body, key)
    reads = {BULLETINS: [bulletin_id]}
    done = await desk.once(by, call, work, lane=bulletin_id, reads=reads)
    return await _readable(desk, by, done)


async def _standing(
    desk: Desk, tx: Tx, by: Principal, bulletin_id: str, *, path: str = "corrects"
) -> BulletinAsked:
    """The bulletin, visible to the caller, theirs to change, and not withdrawn. Raises."""
    seen = await desk.of(BulletinRepository).get(bulletin_id, by.viewer, tx=tx)
    asked = seen and await BulletinAsked.take_up(desk, tx, seen.id)
    if not asked:
        raise NotFound("bulletin", bulletin_id, path=(path,))
    bulletin = asked.subject
    if not by.viewer.sees_everything and bulletin.unit != by.unit:
        words = "只能更正或撤回本单位的通报 / Only your own unit's bulletins may be changed."
        raise AccessDenied("FORBIDDEN", words)
    if bulletin.state is BulletinState.WITHDRAWN:
        words = f"通报已撤回 / Bulletin {bulletin.number} was withdrawn."
        raise UserFault("BULLETIN_WITHDRAWN", words, path=(path,))
    return asked


def _not_too_much(asked: BulletinRequest, readers: Sequence[Meant]) -> None:
    most = MOST_TOLD // len(asked.text)
    if len(readers) > most:
        words = (
            f"正文 {len(asked.text)} 字时最多 {most} 人，现为 {len(readers)} 人 / "
            f"audience: at most {most} people for a text of this length, not {len(readers)}."
        )
        raise UserFault("AUDIENCE_COUNT", words, path=("audience",))


async def _withdraw(
    asked: BulletinAsked,
    by: Principal,
    reason: str,
    at: datetime,
    *,
    replaced_by: BulletinDoc | None = None,
) -> None:
    """Who has not been told of it never is; the others are told by and by, if they are many.

    Whoever is woken for what takes its place is not woken for this as well, so that goes first.
    """
    asked.change(
        state=BulletinState.WITHDRAWN,
        ended_at=at,
        reason=reason,
        withdrawn_by=by.account_id,
        replaced_by=replaced_by and replaced_by.id,
        **ending(asked.subject),
    )
    if replaced_by is None or not replaced_by.untold:
        await begin(asked, at)


async def _readable(desk: Desk, by: Principal, bulletin_id: str) -> BulletinDoc:
    found = await desk.of(BulletinRepository).get(bulletin_id, by.viewer)
    if found is None:
        raise NotFound("bulletin", bulletin_id)
    return found
