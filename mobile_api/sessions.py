"""Signing in and out, the phone's push address, and who is signed in."""

from typing import Any

from hub import clock
from hub.access.attempts import RateLimited
from hub.access.bearer import unauthenticated
from hub.access.tokens import SignedIn
from hub.errors import UserFault
from hub.model.people import Scope
from hub.operations.devices.actions import try_to_wake
from hub.operations.duty.store import DutyHours
from hub.store.audit import Author
from hub.store.devices import DeviceInfo, PushAddress
from hub.store.documents import AccountDoc
from mobile_api.context import MobileContext
from mobile_api.endpoint import Call, Endpoint, Nothing
from mobile_api.models import (
    DeviceReply,
    DeviceStanding,
    DeviceTest,
    Hours,
    Me,
    Officer,
    PushRegistration,
    Refresh,
    SignedInReply,
    SignIn,
    VapidKey,
)

TESTS = 6
"""How often an account may try in a minute whether its phones can be woken."""


async def sign_in(call: Call[SignIn]) -> SignedInReply:
    """Login and password for a pair of tokens."""
    sent = call.sent
    device = DeviceInfo(**sent.device.model_dump()) if sent.device else None
    signed_in = await call.context.tokens.sign_in(
        sent.login, sent.password, device, address=call.address
    )
    return await _reply(call.context, signed_in)


async def refresh(call: Call[Refresh]) -> SignedInReply:
    """A refresh token for a new pair."""
    signed_in = await call.context.tokens.refresh(call.sent.refresh_token, address=call.address)
    return await _reply(call.context, signed_in)


async def sign_out(call: Call[Nothing]) -> None:
    """End this session."""
    await call.context.tokens.sign_out(call.caller)


async def register_push(call: Call[PushRegistration]) -> DeviceReply:
    """Note how to wake this session's phone."""
    sent = call.sent
    device_id = device_of(call)
    if device_id is None:
        raise UserFault(
            "NO_DEVICE",
            "本次登录未登记设备 / This session was opened without a device.",
            hint="Sign in with device{id, platform} first.",
        )
    address = PushAddress(
        channel=sent.push_channel.value,
        token=sent.push_token,
        fid=sent.fid,
        subscription=sent.subscription.model_dump(by_alias=True) if sent.subscription else None,
    )
    await call.context.devices.set_push(
        call.caller.account_id, device_id, address, by=Author.of(call.caller)
    )
    return DeviceReply(
        device_id=device_id,
        push_channel=sent.push_channel.value,
        active=sent.push_channel in call.context.channels,
    )


async def try_device(call: Call[Nothing]) -> DeviceTest:
    """Wake this phone, to see whether it can be; it answers with the action `wake.confirmed`."""
    desk = call.context.operations.desk
    wait = await call.context.limiter.hit(
        f"device-test:{call.caller.account_id}", limit=TESTS, seconds=60
    )
    if wait is not None:
        raise RateLimited(wait)
    device = await try_to_wake(desk, call.caller, device_of(call) or "")
    queued = bool(desk.served(device.channels))
    unserved = "NOT_SERVED" if device.push_channel else "NO_ADDRESS"
    return DeviceTest(
        queued=queued, push_channel=device.push_channel, reason=None if queued else unserved
    )


async def vapid(call: Call[Nothing]) -> VapidKey:
    """The key a browser registers for push with."""
    return VapidKey(public_key=call.context.vapid_key)


async def me(call: Call[Nothing]) -> Me:
    """Who is signed in, on which phone, and today's hours on duty."""
    account, desk = await account_of(call), call.context.operations.desk
    today = await desk.of(DutyHours).of_day(account, clock.now(), desk.zone)
    return Me(
        officer=await _officer(call.context, account),
        scopes=sorted(call.caller.scopes),
        expires_at=call.caller.expires_at,
        device=await _standing(call),
        duty_today=[Hours(since=one.since, until=one.until, post=one.post) for one in today],
    )


async def _standing(call: Call[Nothing]) -> DeviceStanding | None:
    device = await call.context.devices.one(call.caller.account_id, device_of(call) or "")
    if device is None:
        return None
    return DeviceStanding(
        device_id=device.device_id,
        push_channel=device.push_channel,
        can_be_woken=bool(call.context.operations.desk.served(device.channels)),
        woken_at=device.woken_at,
    )


def device_of(call: Call[Any]) -> str | None:
    """The phone that the caller's session was opened on."""
    standing = call.context.tokens.standing(call.caller)
    return standing.device_id if standing else None


async def account_of(call: Call[Any]) -> AccountDoc:
    """The caller's account as stored now, duty included."""
    account = await call.context.accounts.by_id(call.caller.account_id)
    if account is None:
        raise unauthenticated()
    return account


async def _reply(context: MobileContext, signed_in: SignedIn) -> SignedInReply:
    return SignedInReply(
        access_token=signed_in.access_token,
        refresh_token=signed_in.refresh_token,
        expires_in=signed_in.expires_in,
        officer=await _officer(context, signed_in.account),
    )


async def _officer(context: MobileContext, account: AccountDoc) -> Officer:
    units = await context.units.by_codes([account.unit]) if account.unit else {}
    return Officer.of(account, units.get(account.unit or ""))


ENDPOINTS: tuple[Endpoint[Any], ...] = (
    Endpoint(
        method="POST",
        path="/session",
        name="signIn",
        summary="登录 / Sign in",
        handler=sign_in,
        takes=SignIn,
        gives=SignedInReply,
        problems=("UNAUTHENTICATED", "RATE_LIMITED"),
    ),
    Endpoint(
        method="POST",
        path="/session/refresh",
        name="refreshSession",
        summary="换发令牌 / Trade a refresh token for a new pair",
        handler=refresh,
        takes=Refresh,
        gives=SignedInReply,
        problems=("UNAUTHENTICATED", "RATE_LIMITED"),
    ),
    Endpoint(
        method="DELETE",
        path="/session",
        name="signOut",
        summary="退出登录 / Sign out",
        handler=sign_out,
        takes=Nothing,
        scope=Scope.ME_READ,
    ),
    Endpoint(
        method="PUT",
        path="/device",
        name="registerPush",
        summary="推送登记 / Register this phone for push",
        handler=register_push,
        takes=PushRegistration,
        gives=DeviceReply,
        scope=Scope.FIELD_WORK,
        problems=("NO_DEVICE",),
    ),
    Endpoint(
        method="POST",
        path="/device/test",
        name="tryDevice",
        summary="唤醒自检 / Try whether this phone can be woken",
        handler=try_device,
        takes=Nothing,
        gives=DeviceTest,
        scope=Scope.FIELD_WORK,
        problems=("NO_DEVICE", "RATE_LIMITED"),
    ),
    Endpoint(
        method="GET",
        path="/push/vapid",
        name="vapidKey",
        summary="网页推送公钥 / The key for Web Push",
        handler=vapid,
        takes=Nothing,
        gives=VapidKey,
        scope=Scope.FIELD_WORK,
    ),
    Endpoint(
        method="GET",
        path="/me",
        name="me",
        summary="当前账号 / Who is signed in",
        handler=me,
        takes=Nothing,
        gives=Me,
        scope=Scope.ME_READ,
    ),
)
