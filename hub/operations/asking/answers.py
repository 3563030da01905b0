"""What a person answers to what they are asked, and what follows from it.

An offline phone may send its answers late and in any order. Nothing is filled in silently: each
stage that was answered gets its own line in the ledger, and the stage itself only moves on.
"""

from enum import StrEnum

from pydantic import Field

from hub.errors import RetryLater, UserFault
from hub.model.channels import PushChannel
from hub.model.operations import PROGRESS, TAKEN, Stage, advances
from hub.model.people import Principal
from hub.operations import checks
from hub.operations.actions import Action, ActionRefused, ActionStatus, Effect, Touched, Turn
from hub.operations.asking.asked import Asked
from hub.operations.asking.documents import RECIPIENTS, RecipientDoc, ledger_id
from hub.operations.asking.ladder import hand_over, stand_down
from hub.operations.asking.ledger import complete_if_ended, step, tell
from hub.operations.asking.store import Recipients
from hub.operations.desk import Desk
from hub.operations.telling.wire import Message
from hub.operations.words import STAGES, Why, both, person
from hub.store.driver import Tx

CARRIERS = frozenset({*map(str, PushChannel), "sync", "events"})
"""What a phone may name, in `via`, as the way the subject reached it."""
NOTE = 500
_QUIET = frozenset({Stage.RECEIVED, Stage.SEEN})
"""Known to the ledger only: not worth a line where people read."""


class AnswerBody(Message):
    """An answer to what was asked (回报)."""

    note: str | None = Field(
        default=None,
        max_length=NOTE,
        description="a remark that the watch officer reads; a longer one is cut",
    )
    via: str | None = Field(
        default=None,
        description="how it reached the phone; anything else counts as `actions`",
        examples=sorted(CARRIERS),
    )


class Verdict(StrEnum):
    """What an answer does: move the stage, only add its line, or nothing (it is there already)."""

    MOVES = "MOVES"
    RECORDED = "RECORDED"
    REPEATED = "REPEATED"


def answers(asked: type[Asked], to: Stage, body: type[AnswerBody], means: str) -> Action:
    """The action of a phone by which its owner answers `to`; `body` names the subject beside."""

    async def touches(desk: Desk, by: Principal, given: dict[str, object]) -> Touched:
        return await _touched(asked, desk, by, given)

    async def carry_out(desk: Desk, tx: Tx, turn: Turn) -> Effect:
        return await answer(asked, desk, tx, turn, to)

    return Action(body, carry_out, means, touches)


async def _touched(
    asked: type[Asked], desk: Desk, by: Principal, given: dict[str, object]
) -> Touched:
    """Whose lane an answer is written in, and the rows it asks for."""
    subject_id = _subject_id(asked, given)
    row_id = ledger_id(subject_id, by.account_id)
    lane = await desk.of(Recipients).lane_of(subject_id) or ""
    wanted = {RECIPIENTS: [row_id], asked.collection: [subject_id]}
    return Touched(lane, {**wanted, **asked.beside(lane)})


async def answer(asked: type[Asked], desk: Desk, tx: Tx, turn: Turn, to: Stage) -> Effect:
    """Apply one answer. Body: the subject's id, and optionally `note` and `via`."""
    subject_id = _subject_id(asked, turn.body)
    row = await desk.of(Recipients).current(subject_id, turn.officer.id, tx=tx)
    subject = await asked.take_up(desk, tx, subject_id) if row or asked.in_parts else None
    if row is None and subject is not None and turn.officer.id in subject.subject.waiting:
        raise RetryLater(
            str(
                both(
                    "{name} 正在下发，请稍后重试",
                    "{name} is on its way to you: try again.",
                    name=subject.subject.name,
                )
            )
        )
    if row is None or subject is None:
        words = f"没有 / No {asked.kind} {subject_id!r} of yours."
        path = ("body", f"{asked.kind}Id")
        raise ActionRefused(ActionStatus.REJECTED, "NOT_FOUND", words, path=path)
    verdict = judge(subject, row, to, round_=_round(turn.body.get("round")))
    if verdict is Verdict.REPEATED:
        return Effect(ActionStatus.DUPLICATE, "ALREADY_RECORDED", data=subject.data(row))
    before, via = row.stage, turn.body.get("via")
    held = subject.news(row) if verdict is Verdict.RECORDED else None
    line = step(
        asked,
        row,
        to,
        turn.at,
        via if isinstance(via, str) and via in CARRIERS else "actions",
        device_at=turn.device_at,
        note=checks.remark(turn.body.get("note"), ("body", "note"), most=NOTE),
        moves=verdict is Verdict.MOVES,
    )
    desk.of(Recipients).steps(tx, [line])
    await _note(subject, turn, to, line.entry.note)
    told = verdict is Verdict.MOVES and await _follow(subject, turn, row, before)
    if not told and subject.news(row) != held:
        await tell(subject, [row], turn.at)
    return Effect(
        ActionStatus.APPLIED,
        data=subject.data(row),
        target=row.id,
        before={"stage": str(before)},
        after={"stage": str(row.stage), "answer": str(to)},
    )


def judge(asked: Asked, row: RecipientDoc, to: Stage, *, round_: int | None = None) -> Verdict:
    """What answering `to` does now; `round_`: the one that is answered, where the phone says it.

    A stage that is in the ledger already is repeated, from whichever of the person's phones.
    One that was passed is recorded without going back; so are received and seen even after the
    end. What answers an earlier round says nothing of this one. Raises ActionRefused:
    <KIND>_CANCELLED, <KIND>_COMPLETED, <KIND>_REASSIGNED, STAGE_PASSED.
    """
    if round_ is not None and round_ < row.round:
        return _of_before(asked, row, to)
    if row.reassigned_because is not None and to not in _QUIET:
        asked.refuse_reassigned(row, row.reassigned_because)
    if any(line.stage is to for line in row.entries):
        return Verdict.REPEATED
    moves = advances(row.stage, to)
    if to in _QUIET and not moves:
        return Verdict.RECORDED
    asked.refuse_after_end(row, moves=moves)
    if moves:
        return Verdict.MOVES
    if to in PROGRESS and row.stage in PROGRESS:
        return Verdict.RECORDED
    words = f"当前阶段 {row.stage} / It is at {row.stage}."
    raise ActionRefused(ActionStatus.CONFLICT, "STAGE_PASSED", words, data=asked.data(row))


def _of_before(asked: Asked, row: RecipientDoc, to: Stage) -> Verdict:
    """What answers an earlier round: that it had come says nothing new, the rest is too late."""
    if to in _QUIET:
        return Verdict.REPEATED
    words = "之前一轮的回报，请重新回报 / That was asked before: answer anew."
    raise ActionRefused(ActionStatus.CONFLICT, "STAGE_PASSED", words, data=asked.data(row))


async def _follow(asked: Asked, turn: Turn, row: RecipientDoc, before: Stage) -> bool:
    """What a move leads to; True when the person's inbox has been told of it already."""
    if row.stage is Stage.DECLINED and before is not Stage.ESCALATED:
        turn.afterwards.append(
            (await hand_over(asked, [row], Why.DECLINED, turn.written_at)).report
        )
        return True
    over = asked.completes and row.stage is asked.done
    if over or before is Stage.ESCALATED:
        asked.change()
    in_chain = before is Stage.ESCALATED or row.escalated_from is not None
    if in_chain and row.stage in TAKEN and before not in TAKEN:
        await stand_down(asked, row, turn.written_at)
    if asked.completes and not asked.is_open:
        return True
    return over and await complete_if_ended(asked, turn.at)


async def _note(asked: Asked, turn: Turn, to: Stage, note: str | None) -> None:
    if to in _QUIET:
        return
    words = both(
        "{name} {who} {stage}",
        "{name}: {who} {stage}",
        name=asked.subject.name,
        who=person(turn.officer),
        stage=STAGES[to],
    )
    if note:
        words = both("{words}：{note}", "{words}: {note}", words=words, note=note)
    kind = f"{asked.kind}.{to.lower()}"
    await asked.note(turn.at, turn.officer.id, kind, words, [turn.officer.unit])


def _round(given: object) -> int | None:
    """Which round is answered, if that is said. Raises UserFault BAD_VALUE."""
    if given is None or (isinstance(given, int) and not isinstance(given, bool) and given > 0):
        return given
    words = "轮次须为正整数 / round: expected a positive number."
    raise UserFault("BAD_VALUE", words, path=("body", "round"))


def _subject_id(asked: type[Asked], given: dict[str, object]) -> str:
    field = f"{asked.kind}Id"
    return checks.identifier(given.get(field), ("body", field))
