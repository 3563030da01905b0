"""The ladder of persons: who is asked next when somebody does not, cannot or will not answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from hub.model.operations import TAKEN, Stage
from hub.model.people import SCOPES, Scope
from hub.operations.asking.asked import Asked
from hub.operations.asking.documents import RecipientDoc
from hub.operations.asking.ledger import (
    PASSED_ON,
    announce,
    complete_if_ended,
    open_ledger,
    step,
    tell,
    wake,
)
from hub.operations.asking.store import Recipients
from hub.operations.words import Both, Why, both, people, person
from hub.store.documents import AccountDoc

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Handover:
    """What came of it: the accounts asked now, and how many parts have nobody left to ask."""

    subject: str
    why: Why
    asked: tuple[str, ...]
    unanswered: int

    def report(self) -> None:
        """Say it in the log, once committed; nobody left to ask is an alarm."""
        if self.unanswered:
            log.error(
                "asked_in_vain", subject=self.subject, why=self.why.name, unanswered=self.unanswered
            )
        if self.asked:
            log.info("escalated", subject=self.subject, why=self.why.name, asked=self.asked)


def can_be_asked(account: AccountDoc) -> bool:
    """Whether an account can be asked: only who may answer (officers and liaisons)."""
    return account.active and Scope.FIELD_WORK in SCOPES[account.role]


async def hand_over(asked: Asked, rows: Sequence[RecipientDoc], why: Why, at: datetime) -> Handover:
    """Ask the next people of the subject's escalation list in place of `rows`.

    Parts that have not ended become ESCALATED (a late acceptance stays welcome), and whoever held
    one is woken to be told that somebody else has it. Nobody is asked in place of a part whose
    chain has been accepted: it only ends. Whoever is off duty, or is a recipient already, is
    skipped. With nobody left the subject is marked exhausted, and says so where it is to be seen.
    The subject must be open.
    """
    subject, ledgers, tx = asked.subject, asked.desk.of(Recipients), asked.tx
    taken = await _taken(asked, rows)
    left = [row for row in rows if row.id not in taken]
    ledgers.taken_by_other(tx, [row for row in rows if row.id in taken])
    next_ = (await _free(asked))[: len(left)]
    ledgers.nobody_next(tx, left[len(next_) :])
    over = [row for row in rows if row.stage not in asked.ended]
    ledgers.steps(
        tx,
        [
            step(
                type(asked),
                row,
                Stage.ESCALATED,
                at,
                "escalation",
                note=Why.TAKEN if row.id in taken else why,
            )
            for row in over
        ],
    )
    # who has signed out is not woken, and who is left with nobody in their place may still come
    gone = {row.id for row in left[: len(next_)]} | taken if why is not Why.SIGNED_OUT else taken
    await wake(asked, [row for row in over if row.id in gone], PASSED_ON, at)
    vain = len(left) - len(next_)
    asked.change(exhausted_at=(subject.exhausted_at or at) if vain else subject.exhausted_at)
    await tell(asked, rows, at)
    await _ask(asked, left, next_, at)
    if vain:
        await asked.unanswered(at)
    await _note(asked, (rows, left, next_), why, at)
    await asked.involve(next_)
    if not left:
        await complete_if_ended(asked, at)
    return Handover(subject.name.zh, why, tuple(account.id for account in next_), vain)


async def stand_down(asked: Asked, row: RecipientDoc, at: datetime) -> None:
    """End what is still asked in place of `row`, who has accepted; tell the others of its chain.

    Those who may still come learn that they need not, those who have it too that they are two: by
    sync, without a push. The subject is not exhausted any more once every chain has somebody who
    took it or is asked. Where `row` was escalated the caller has changed the subject in this
    transaction, so that this and a hand-over of the same chain cannot overlook each other.
    """
    subject, ledgers, tx = asked.subject, asked.desk.of(Recipients), asked.tx
    chains = await ledgers.chains(tx, subject.id)
    if subject.exhausted_at is not None and not chains.lost():
        asked.change(exhausted_at=None)
    chain, stage_of = chains.of(row.id), {n: li.stage for n, li in chains.links.items()}
    told = [name for name in chain if stage_of[name] in TAKEN | {Stage.ESCALATED}]
    told.remove(row.id)
    others = await ledgers.of_ids(tx, told)
    others = [other for other in others if not other.taken_by_other]
    ledgers.taken_by_other(tx, others)
    await tell(asked, others, at)
    last = chain[-1]
    if stage_of[last] in asked.ended | TAKEN:
        return
    waiting = await ledgers.ledger(last, tx=tx)
    assert waiting is not None  # noqa: S101  # its link was read in this snapshot
    await hand_over(asked, [waiting], Why.TAKEN, at)


async def reassign(
    asked: Asked, row: RecipientDoc, to: AccountDoc, *, by: str, reason: str, at: datetime
) -> None:
    """Take a part from whoever holds it and ask `to`, who continues its chain.

    The part that is taken ends for good. Its owner is told that another has it, and woken unless
    they had declined. Who was asked before, and has no part any more, is asked as if for the first
    time. The subject is exhausted no more once every chain has somebody who took it or is asked.
    """
    ledgers, tx = asked.desk.of(Recipients), asked.tx
    last = await _last_behind(asked, row)
    note = both(
        "{why} → {who}：{reason}",
        "{why} → {who}: {reason}",
        why=Why.REASSIGNED.said,
        who=person(to),
        reason=reason,
    )
    moves = row.stage is not Stage.DECLINED
    ended = step(type(asked), row, Stage.CANCELLED, at, "hub", note=str(note), moves=moves)
    ledgers.steps(tx, [ended])
    ledgers.reassigned(tx, row, reason)
    await wake(asked, [row] if moves else [], PASSED_ON, at)
    await tell(asked, [row], at)
    asked.change()
    await _ask(asked, [last], [to], at, channel="hub")
    if asked.subject.exhausted_at is not None:
        chains = await ledgers.chains(tx, asked.subject.id)
        if not chains.lost():
            asked.change(exhausted_at=None)
    known = await asked.desk.accounts.by_id(row.account_id, tx=tx)
    words = both(
        "{name} 改派 {before} → {to}：{reason}",
        "{name} reassigned {before} → {to}: {reason}",
        name=asked.subject.name,
        before=person(known) if known else row.account_id,
        to=person(to),
        reason=reason,
    )
    await asked.note(at, by, f"{asked.kind}.reassigned", words, [row.unit, to.unit])
    await asked.involve([to])


async def _taken(asked: Asked, rows: Sequence[RecipientDoc]) -> frozenset[str]:
    """The ids of those rows whose chain was accepted by somebody who was asked before."""
    if all(row.escalated_from is None for row in rows):
        return frozenset()
    chains = await asked.desk.of(Recipients).chains(asked.tx, asked.subject.id)
    return frozenset(row.id for row in rows if chains.taken_before(row.follows))


async def _last_behind(asked: Asked, row: RecipientDoc) -> RecipientDoc:
    """The last ledger of the chain that this one is in."""
    ledgers = asked.desk.of(Recipients)
    last = (await ledgers.chains(asked.tx, asked.subject.id)).of(row.id)[-1]
    found = None if last == row.id else await ledgers.ledger(last, tx=asked.tx)
    return found or row


async def _free(asked: Asked) -> list[AccountDoc]:
    """Those on the escalation list who can be asked now, in its order."""
    left = [name for name in asked.subject.escalation if name not in asked.subject.recipients]
    known = await asked.desk.accounts.by_logins_or_ids(left, tx=asked.tx)
    found = [known[name] for name in left if name in known]
    return [account for account in found if account.duty.on and can_be_asked(account)]


async def _ask(
    asked: Asked,
    rows: Sequence[RecipientDoc],
    next_: Sequence[AccountDoc],
    at: datetime,
    *,
    channel: str = "escalation",
) -> None:
    """Ask `next_` in place of the owners of `rows`; each who was asked before, anew."""
    if not next_:
        return
    opened = []
    for row, account in zip(rows, next_, strict=False):  # the list may be the shorter
        before = await _before(asked, account)
        opened.append(
            open_ledger(
                asked,
                account,
                at,
                channel=channel,
                follows=row,
                round_=before.round + 1 if before else 1,
                keep_until=row.keep_until,
            )
        )
    asked.add_recipients(opened)
    await announce(asked, opened, at)


async def _before(asked: Asked, account: AccountDoc) -> RecipientDoc | None:
    """The ledger of who was asked of the subject before, which another takes the place of."""
    if account.id not in asked.subject.recipients:
        return None
    ledgers = asked.desk.of(Recipients)
    before = await ledgers.current(asked.subject.id, account.id, tx=asked.tx)
    if before is not None:
        ledgers.supersede(asked.tx, before)
    return before


async def _note(
    asked: Asked,
    parts: tuple[Sequence[RecipientDoc], Sequence[RecipientDoc], Sequence[AccountDoc]],
    why: Why,
    at: datetime,
) -> None:
    """Lines for where people read; `parts`: all rows, those still unanswered, who is asked."""
    rows, left, next_ = parts
    names = [row.account_id for row in rows]
    known = await asked.desk.accounts.by_logins_or_ids(names, tx=asked.tx)

    def named(some: Sequence[RecipientDoc]) -> Both:
        return people([known[row.account_id] for row in some if row.account_id in known])

    given = {"name": asked.subject.name, "before": named(left), "why": why.said}
    units = [row.unit for row in rows] + [account.unit for account in next_]
    if next_:
        words = both(
            "{name} 升级：{before}（{why}）→ {next}",
            "{name} escalated: {before} ({why}) → {next}",
            **given,
            next=people(next_),
        )
        await asked.note(at, "hub", f"{asked.kind}.escalated", words, units)
    if len(next_) < len(left):
        words = both(
            "{name} 已无可升级人员，请值班员处理：{before}，{why}",
            "{name}: nobody is left to ask, the watch must act: {before}, {why}",
            **given,
        )
        await asked.note(at, "hub", f"{asked.kind}.exhausted", words, units)
    if spared := [row for row in rows if row not in left]:
        words = both(
            "{name} {who} 无需再应答：{why}",
            "{name}: no answer from {who} is needed any more, {why}",
            name=asked.subject.name,
            who=named(spared),
            why=Why.TAKEN.said,
        )
        spared_units = [row.unit for row in spared]
        await asked.note(at, "hub", f"{asked.kind}.taken", words, spared_units)
