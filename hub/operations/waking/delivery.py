"""Delivering one wake-up: to whom, over which phones, and what is written down of it."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from hub import clock
from hub.model.operations import Stage, advances
from hub.operations import kinds
from hub.operations.asking.documents import RECIPIENTS, RecipientDoc
from hub.operations.asking.ledger import CANCELLED, CREATED, PASSED_ON, REMINDED, step
from hub.operations.asking.store import Recipients
from hub.operations.desk import Desk
from hub.operations.waking.channels import SEND_TIMEOUT, Channel, Outcome, OutcomeKind, Wake
from hub.store.documents import AccountDoc, DeviceDoc, OutboxDoc
from hub.store.driver import Tx
from hub.store.group_commit import GroupCommit
from hub.store.outbox import OUTBOX, TEST, OutboxState

log = structlog.get_logger()

GIVE_UP = timedelta(minutes=5)
"""How long sending may fail before it is a dead letter: an alarm, and the next person is asked."""
SYNC_GRACE = timedelta(seconds=30)
"""How long an order may still arrive by sync when its push was refused for good.

A credential that a vendor refuses fails at once for everybody: without this, one bad key would
race every order through its whole escalation list.
"""
FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 30.0
_NOTES = {CANCELLED: "撤销通知 / cancellation", PASSED_ON: "转交通知 / passed on"}
_IN_VAIN = frozenset({OutboxState.DEAD, OutboxState.NO_DEVICE})
UNREACHED = frozenset({Stage.QUEUED, Stage.SENT})
"""The stages in which the order is not known to be on the phone."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a row ends, and what its ledger says of it.

    `hurry`: so long after this is written the recipient's timer passes, at the latest; `alarm` is
    said to the watch.
    """

    state: OutboxState
    channel: str = "hub"
    note: str | None = None
    hurry: timedelta | None = None
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Errand:
    """A leased wake-up, with whom it is for: the account, its ledger in the order, its phones."""

    row: OutboxDoc
    account: AccountDoc | None
    ledger: RecipientDoc | None
    devices: tuple[DeviceDoc, ...]


def backoff(attempts: int, spread: float) -> float:
    """Seconds before the next try after `attempts` failures; `spread` (0 to 1) keeps rows apart."""
    return min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** min(attempts, 16)) * (0.5 + spread / 2)


class Failing:
    """The wake-ups that must be tried again: their begin is said once, and their end.

    That is when one gets through and none is left. What another process has settled meanwhile is
    forgotten after the time that any may fail.
    """

    def __init__(self) -> None:
        self._tried: dict[str, datetime] = {}
        self._count = 0

    def add(self, row: OutboxDoc, error: str) -> None:
        """It has failed, now or again."""
        if not self._count:
            log.warning("wake_ups_failing", wake=row.id, account=row.account_id, error=error)
        self._count += row.id not in self._tried
        self._tried[row.id] = clock.now()

    def end(self, row: OutboxDoc, *, sent: bool) -> None:
        """It is settled, whichever way."""
        if not self._count:
            return
        since = clock.now() - GIVE_UP
        self._tried = {n: at for n, at in self._tried.items() if at > since and n != row.id}
        if sent and not self._tried:
            log.info("wake_ups_recovered", failed=self._count)
            self._count = 0


class Delivery:
    """Sends wake-ups that the dispatcher has leased, and settles them under their fence."""

    def __init__(
        self, desk: Desk, channels: Mapping[str, Channel], *, send_timeout: float = SEND_TIMEOUT
    ) -> None:
        self._desk = desk
        self._channels = channels
        self._send_timeout = send_timeout
        self._commits = GroupCommit(desk.store)
        self.failing = Failing()

    async def prepare(self, rows: Sequence[OutboxDoc]) -> list[Errand]:
        """Whom these wake-ups are for, and the phones that a channel in service can wake."""
        desk = self._desk
        names = {row.account_id for row in rows}
        accounts, ledgers, phones = await asyncio.gather(
            desk.accounts.by_ids(names),
            desk.of(Recipients).by_ids([row.recipient_id or "" for row in rows]),
            desk.devices.of_accounts(names),
        )
        devices: dict[str, list[DeviceDoc]] = {name: [] for name in names}
        for device in phones:
            if device.push_channel in self._channels:
                devices[device.account_id].append(device)
        return [
            Errand(
                row,
                accounts.get(row.account_id),
                ledgers.get(row.recipient_id or ""),
                tuple(
                    device
                    for device in devices[row.account_id]
                    if row.device_id in {None, device.device_id}
                ),
            )
            for row in rows
        ]

    async def deliver(self, errand: Errand, sent: Callable[[], None]) -> None:
        """Wake the row's account on all its phones; one that takes it is enough.

        `sent` is called when nothing is being sent any more, before that is written down.
        """
        row, devices = errand.row, errand.devices
        silent = self._needless(row, errand.account, errand.ledger)
        if silent is None and not devices:
            silent = _no_device()
        if silent is not None:
            sent()
            await self._settle(errand, silent)
            return
        wake = Wake(row.id, row.topic, row.priority)
        outcomes = await asyncio.gather(*(self._send(device, wake) for device in devices))
        sent()
        for device, outcome in zip(devices, outcomes, strict=True):
            if outcome.kind is OutcomeKind.DEAD_TOKEN:
                await self._desk.devices.forget_address(device)
                log.info("push_address_forgotten", device=device.id, channel=device.push_channel)
        await self._conclude(errand, outcomes)

    async def failed(self, errand: Errand, error: str, after: float | None = None) -> None:
        """Try again later; after GIVE_UP of failures give up loudly."""
        row = errand.row
        now = clock.now()
        since = row.failing_since or now
        if now >= since + GIVE_UP:
            await self._settle(errand, _dead(error, hurry=timedelta()))
            return
        spread = random.random()  # noqa: S311  # keeps retries apart, guards nothing
        wait = max(backoff(row.attempts, spread), after or 0.0)
        # a vendor that asks for an hour gets its last call when we give up
        due = min(now + timedelta(seconds=min(wait, GIVE_UP.total_seconds())), since + GIVE_UP)
        await self._desk.outbox.postpone(row, due_at=due, failing_since=since, error=error)
        self.failing.add(row, error)

    async def _conclude(self, errand: Errand, outcomes: Sequence[Outcome]) -> None:
        row = errand.row
        by_kind: dict[OutcomeKind, tuple[DeviceDoc, Outcome]] = {}
        for device, outcome in zip(errand.devices, outcomes, strict=True):
            by_kind.setdefault(outcome.kind, (device, outcome))
        if (sent := by_kind.get(OutcomeKind.SENT)) is not None:
            note = _NOTES.get(_about(row))
            channel = sent[0].push_channel or "hub"
            await self._settle(errand, Verdict(OutboxState.SENT, channel=channel, note=note))
        elif (retry := by_kind.get(OutcomeKind.RETRY)) is not None:
            await self.failed(errand, retry[1].detail or "no reason given", retry[1].after)
        elif (refused := by_kind.get(OutcomeKind.FAILED)) is not None:
            error = refused[1].detail or "no reason given"
            await self._settle(errand, _dead(error, hurry=SYNC_GRACE))
        elif (gone := by_kind.get(OutcomeKind.DEAD_TOKEN)) is not None:
            # nobody was warned of it when they asked: there was a phone to wake then
            error = (
                gone[1].detail
                or "推送服务已不认识该手机 / the push service knows the phone no more"
            )
            await self._settle(errand, _dead(error, hurry=SYNC_GRACE))
        else:
            await self._settle(errand, _no_device())

    def _needless(
        self, row: OutboxDoc, account: AccountDoc | None, ledger: RecipientDoc | None
    ) -> Verdict | None:
        """Why nobody is to be woken, if so. Off duty a phone is only tried."""
        tries = row.topic == TEST
        if account is None or not account.active or not (account.duty.on or tries):
            return Verdict(
                OutboxState.SKIPPED,
                note="未签到，不予呼叫 / off duty: not woken",
                hurry=timedelta(),
            )
        if ledger is None:
            return None
        asked, about = kinds()[ledger.subject_kind], _about(row)
        answered = about == PASSED_ON and ledger.stage not in {Stage.ESCALATED, Stage.CANCELLED}
        over = about in {CREATED, REMINDED} and ledger.stage in asked.ended
        if answered or over:
            return Verdict(OutboxState.SKIPPED)
        return None

    async def _send(self, device: DeviceDoc, wake: Wake) -> Outcome:
        channel = self._channels[device.push_channel or ""]
        try:
            async with asyncio.timeout(self._send_timeout):
                return await channel.send(device, wake)
        except TimeoutError:
            return Outcome.retry(f"{channel.name} did not answer in {self._send_timeout:g} s")
        except Exception as error:  # noqa: BLE001  # a channel's defect is one failed send, no more
            log.warning("channel_defect", channel=channel.name, error=repr(error))
            return Outcome.retry(f"{channel.name}: {type(error).__name__}")

    async def _settle(self, errand: Errand, verdict: Verdict) -> None:
        """End the row and write its ledger, in one transaction, if the lease is still ours."""
        row = errand.row
        lane = errand.ledger.lane if errand.ledger else ""
        reads = {OUTBOX: [row.id], RECIPIENTS: [row.recipient_id or ""]}

        async def work(tx: Tx) -> bool:
            at = clock.now()
            ours = await self._desk.outbox.finish(tx, row, verdict.state, at=at, error=verdict.note)
            if ours and row.recipient_id is not None:
                await self._write(tx, row, verdict, at)
            return ours

        ours = await self._commits.run(lane, work, reads)
        self.failing.end(row, sent=verdict.state is OutboxState.SENT)
        if ours and verdict.alarm:
            log.error("wake_up_dead", wake=row.id, account=row.account_id, error=verdict.note)

    async def _write(self, tx: Tx, row: OutboxDoc, verdict: Verdict, at: datetime) -> None:
        ledgers = self._desk.of(Recipients)
        ledger = await ledgers.ledger(row.recipient_id or "", tx=tx)
        if ledger is None:
            return
        asked = kinds()[ledger.subject_kind]
        if ledger.stage is Stage.QUEUED and verdict.state in _IN_VAIN:
            ledger.unwoken = True
        if verdict.state is OutboxState.SENT:
            moves = advances(ledger.stage, Stage.SENT)
            note = verdict.note
            line = step(asked, ledger, Stage.SENT, at, verdict.channel, note=note, moves=moves)
            ledgers.steps(tx, [line])
        elif verdict.note is not None and (
            ledger.stage in UNREACHED or _about(row) in {CANCELLED, PASSED_ON}
        ):  # of who has heard of it by then it would read like a step of theirs
            hurries = asked.escalates and verdict.hurry is not None
            if hurries and ledger.next_step_at and ledger.stage in UNREACHED:
                ledger.next_step_at = min(ledger.next_step_at, at + (verdict.hurry or timedelta()))
            stage, note = ledger.stage, verdict.note
            line = step(asked, ledger, stage, at, verdict.channel, note=note, moves=False)
            ledgers.steps(tx, [line])
        if verdict.alarm:
            subject = await asked.take_up(self._desk, tx, ledger.subject_id)
            account = await self._desk.accounts.by_id(row.account_id, tx=tx)
            if subject is not None:
                await subject.unwoken(row, ledger, account, verdict.note or "", at)


def _about(row: OutboxDoc) -> str:
    """What a wake-up is about: its topic without the kind of its subject."""
    return row.topic.rpartition(".")[2]


def _dead(error: str, *, hurry: timedelta) -> Verdict:
    return Verdict(OutboxState.DEAD, note=error[:300], hurry=hurry, alarm=True)


def _no_device() -> Verdict:
    return Verdict(OutboxState.NO_DEVICE, note="无可呼叫设备 / no device to wake; sync only")
