"""Waking a phone to see whether it can be (唤醒自检), and the phone's word that it was."""

from pydantic import Field

from hub import clock
from hub.errors import NotFound, UserFault
from hub.model.operations import OrderPriority
from hub.model.people import Principal, Scope
from hub.operations import checks
from hub.operations.actions import ActionStatus, Effect, Turn
from hub.operations.desk import Desk, new_id
from hub.operations.telling.wire import Message, moment
from hub.store.audit import Author
from hub.store.devices import DEVICES, device_key
from hub.store.documents import DeviceDoc, OutboxDoc
from hub.store.driver import Tx
from hub.store.outbox import OUTBOX, TEST
from hub.store.pending import pending


class WakeConfirmed(Message):
    """That a push has woken this phone (唤醒确认)."""

    event: str = Field(
        min_length=1, max_length=checks.KEY_LENGTH, description="`event` of the push"
    )


async def try_to_wake(desk: Desk, by: Principal, device_id: str) -> DeviceDoc:
    """Queue a wake-up for this phone alone, if it can be woken at all; the phone as it stands.

    It is sent off duty too, and says no more than any other. Raises UserFault NO_DEVICE.
    """
    by.require(Scope.FIELD_WORK)
    device = await desk.devices.one(by.account_id, device_id)
    if device is None:
        raise _no_device()
    if not desk.served(device.channels):
        return device
    now = clock.now()
    row = OutboxDoc(
        id=new_id(),
        account_id=by.account_id,
        device_id=device_id,
        topic=TEST,
        priority=OrderPriority.URGENT,
        rank=1,
        due_at=now,
        created_at=now,
    )

    async def work(tx: Tx) -> None:
        await desk.outbox.add(tx, [row])
        said = {"channel": device.push_channel}
        act = Author.of(by).act("device.tested", device.id, detail=said)
        await desk.audit.append(act, tx=tx)

    await desk.store.transaction(work)
    return device


async def confirm_wake(_desk: Desk, tx: Tx, turn: Turn) -> Effect:
    """The phone was woken when that push was sent, however late it says so."""
    event = checks.identifier(turn.body.get("event"), ("body", "event"))
    sent = await pending(tx).row(OUTBOX, event)
    ours = sent is not None and sent["account_id"] == turn.officer.id
    if sent is None or not ours or sent.get("device_id") not in {None, turn.device_id}:
        raise NotFound("wake-up", event, path=("body", "event"))
    name = device_key(turn.officer.id, turn.device_id)
    device = await pending(tx).row(DEVICES, name)
    if device is None:
        raise _no_device()
    before, woken_at = device.get("woken_at"), sent["sent_at"] or turn.at
    if before is not None and before >= woken_at:
        return Effect(ActionStatus.DUPLICATE, "ALREADY_RECORDED", data={"wokenAt": moment(before)})
    pending(tx).update(DEVICES, name, {"$set": {"woken_at": woken_at}})
    return Effect(
        ActionStatus.APPLIED,
        data={"wokenAt": moment(woken_at)},
        target=name,
        before={"wokenAt": moment(before)},
        after={"wokenAt": moment(woken_at)},
    )


def _no_device() -> UserFault:
    return UserFault(
        "NO_DEVICE",
        "本次登录未登记设备 / This session was opened without a device.",
        hint="Sign in with device{id, platform} first.",
    )
