"""`liandong demo phone`: an officer's phone in a terminal, over the public interfaces only.

It signs in, asks the push service for a token and registers it, syncs, shows orders and bulletins,
and answers them by a key. A push only wakes it: what it shows always comes from its own sync.
"""

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
from rich.markup import escape

from terminal.client import ClientError, RefusedError
from terminal.keys import keys
from terminal.mobile import MobileClient, server_sent
from terminal.news import (
    SAID,
    TOPICS,
    UNSEEN,
    Held,
    bulletin_line,
    incident_line,
    is_unread,
    offered,
    order_line,
)
from terminal.screen import ANSWERS, READ, Screen

PAUSE = 1.0
"""Seconds between two tries to come back."""


@dataclass
class Phone:
    """One phone: what it is signed in to, and what of that it shows."""

    api: MobileClient
    push_url: str | None
    screen: Screen = field(default_factory=Screen)
    shown: set[str] = field(default_factory=set)
    cursor: str | None = None
    syncing: asyncio.Lock = field(default_factory=asyncio.Lock)
    offline: bool = False
    pushed: bool = True
    new: set[str] = field(default_factory=set)
    """Of what came that calls for a key: orders, bulletins."""

    async def run(self) -> None:
        """Sign in, register, sync, then listen to pushes, changes and keys. Raises ClientError."""
        async with self.api:
            self.screen.zone = ZoneInfo(await self.api.timezone())
            self.screen.say(
                f"已登录 signed in as [b]{escape(self.api.login)}[/b] · {self.screen.zone.key}"
            )
            token = await self._register_push() if self.push_url else None
            await self._fetch()
            self.new.clear()
            self.screen.help()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._live())
                if token is not None:
                    tasks.create_task(self._pushes(token))
                if await self._quit_by_key():
                    raise _QuitError

    async def _register_push(self) -> str | None:
        """A token of the push service for this phone; without the service, sync alone serves."""
        try:
            async with httpx2.AsyncClient(timeout=5) as http:
                response = await http.post(f"{self.push_url}/phones")
                response.raise_for_status()
                token = str(response.json()["token"])
        except httpx2.HTTPError:
            if self.pushed:
                self.screen.say("[yellow]无推送服务 no push service: 仅同步 sync only[/yellow]")
            self.pushed = False
            return None
        await self.api.call("PUT", "/mobile/v1/device", {"pushChannel": "fcm", "pushToken": token})
        self.screen.say("推送已注册 registered for push")
        self.pushed = True
        return token

    async def _sync(self) -> None:
        """Fetch what changed, then say once which keys answer what is new: who is back says so."""
        await self._fetch()
        if "order" in self.new and not self.offline:
            self.screen.tell_keys()
        if "bulletin" in self.new:
            self.screen.tell_bulletin()
        self.new.clear()

    async def _fetch(self) -> None:
        """Take what changed. One at a time: a push and a live change often come together."""
        async with self.syncing:
            limited = True
            while limited:
                query = f"?since={self.cursor}" if self.cursor else ""
                page = await self.api.call("GET", f"/mobile/v1/sync{query}")
                if page["reset"]:
                    for held in (self.screen.orders, self.screen.bulletins, self.screen.incidents):
                        held.clear()
                for change in page["changes"]:
                    await self._take(change)
                self.cursor = page["nextCursor"]
                limited = page["limited"]

    async def _take(self, change: dict[str, Any]) -> None:
        """One change of the sync stream: what is new in it is said, and reported where asked."""
        took = {
            "order": (self.screen.orders, self._order),
            "bulletin": (self.screen.bulletins, self._bulletin),
            "incident": (self.screen.incidents, self._incident),
        }
        if change["entity"] not in took:
            return
        (held, take), data = took[change["entity"]], change["data"]
        known = held.pop(data["id"], None)
        if change["op"] != "remove":
            held[data["id"]] = data
            await take(known, data)

    async def _order(self, known: Held | None, order: Held) -> None:
        """A new order is shown, and reported received and seen; what has become of one is said."""
        if _asked(order) in self.shown or not offered(order):
            self.screen.say(order_line(known, order))
            return
        new = order["stage"] in UNSEEN
        self.screen.show_order(order, "新指令 New order" if new else "进行中指令 Order under way")
        self.shown.add(_asked(order))
        if new:
            await self._report(order, "order.received", "order.seen")
        self.new.add("order")

    async def _bulletin(self, known: Held | None, bulletin: Held) -> None:
        """A new bulletin is shown and reported received; it is read when its reader says so."""
        if _asked(bulletin) in self.shown or not is_unread(bulletin):
            self.screen.say(bulletin_line(known, bulletin))
            return
        self.screen.show_bulletin(bulletin)
        self.shown.add(_asked(bulletin))
        await self._report(bulletin, "bulletin.received")
        self.new.add("bulletin")

    async def _incident(self, known: Held | None, incident: Held) -> None:
        self.screen.say(incident_line(known, incident))

    async def _report(self, about: Held, *kinds: str) -> None:
        """Report actions on an order or a bulletin, and what the hub says of each."""
        now = datetime.now(UTC).isoformat()
        actions = [
            {"id": str(uuid.uuid4()), "kind": kind, "at": now, "body": _answered(about, kind)}
            for kind in kinds
        ]
        answer = await self.api.call("POST", "/mobile/v1/actions", {"actions": actions})
        which = f"{about['number']} {escape(about.get('title') or about['text'][:24])}"
        for kind, result in zip(kinds, answer["results"], strict=True):
            said = SAID[kind]
            for part in ("state", "stage"):
                about[part] = (result["data"] or {}).get(part, about[part])
            if result["status"] in {"applied", "duplicate"}:
                about["read"] = about.get("read", False) or kind == "bulletin.read"
                self.screen.say(f"   ✓ {said} · {which}")
            else:
                self.screen.say(
                    f"   [red]✗ {said} · {which}: {escape(result['message'] or '')}[/red]"
                )

    async def _live(self) -> None:
        """Follow the hub's events for ever; on any loss, come back and sync."""
        while True:
            try:
                await self._sync()
                self._back()
                async for _ in self.api.events("/mobile/v1/events", self.cursor):
                    await self._sync()
            except RefusedError:
                raise
            except ClientError as error:
                self._lost(error)
                await asyncio.sleep(PAUSE)

    def _lost(self, error: Exception) -> None:
        """The hub does not answer: said once, until it does again."""
        if not self.offline:
            self.screen.say(
                f"[yellow]断线，正在重连，指令不会丢失 link lost, reconnecting, no order is lost: "
                f"{escape(str(error))}[/yellow]"
            )
        self.offline = True

    def _back(self) -> None:
        if self.offline:
            self.screen.say(
                "[green]已重连，指令已核对 link is back, orders are as the hub has them[/green]"
            )
            self.screen.tell_keys()
        self.offline = False

    async def _pushes(self, token: str) -> None:
        """Listen to the push service for ever; one that has forgotten the token gives another."""
        while True:
            try:
                async with httpx2.AsyncClient(base_url=self.push_url or "") as http:
                    async for data in server_sent(http, f"/phones/{token}/messages"):
                        topic = json.loads(data).get("data", {}).get("topic", "")
                        self.screen.say(f"[cyan]推送唤醒 a push: {TOPICS.get(topic, topic)}[/cyan]")
                        await self._sync()
            except ClientError as error:
                self._lost(error)
            await asyncio.sleep(PAUSE)
            try:
                token = await self._register_push() or token
            except ClientError as error:
                self._lost(error)

    async def _quit_by_key(self) -> bool:
        """Answer keys until q; False at end of input, where a phone without keys goes on."""
        async for key in keys():
            if key == "q":
                return True
            if key == "?":
                self.screen.help()
            elif key == READ:
                await self._read()
            elif key in ANSWERS:
                await self._answer(key)
            elif not key.isspace():
                self.screen.unknown(key)
        return False

    async def _answer(self, key: str) -> None:
        """Answer the newest open order that this key answers; one that went on only if alone."""
        order = self.screen.meant(key)
        if order is None:
            self.screen.refuse(key)
            return
        if await self._delivered(order, ANSWERS[key][0]):
            self.screen.tell_keys()

    async def _read(self) -> None:
        """Read the newest bulletin that is unread."""
        bulletin = self.screen.unread()
        if bulletin is None or await self._delivered(bulletin, "bulletin.read"):
            self.screen.tell_bulletin()

    async def _delivered(self, about: Held, kind: str) -> bool:
        """Report what a key means; False, and said, where the hub did not hear it."""
        try:
            await self._report(about, kind)
        except RefusedError:
            raise
        except ClientError as error:
            self.screen.say(
                f"[red]未送达，请再按一次 not delivered, press again · {about['number']}: "
                f"{escape(str(error))}[/red]"
            )
            return False
        return True


def _asked(about: Held) -> str:
    """What is shown once: an order that comes back in another round is new."""
    round_ = about.get("round", 1)
    return str(about["id"]) if round_ == 1 else f"{about['id']} {round_}"


def _answered(about: Held, kind: str) -> dict[str, Any]:
    """What an action of this kind answers: by its id, and an order in which round."""
    body = {f"{kind.partition('.')[0]}Id": about["id"]}
    return body | ({"round": about["round"]} if "round" in about else {})


class _QuitError(Exception):
    """The user pressed q."""


async def run_phone(url: str, push_url: str | None, login: str, password: str) -> None:
    """Run a phone until its user quits. Raises ClientError with one line."""
    phone = Phone(MobileClient(url, login, password, f"terminal-{uuid.uuid4()}"), push_url)
    try:
        await phone.run()
    except ExceptionGroup as group:
        unexpected = group.split(_QuitError)[1]
        refused = unexpected.subgroup(ClientError) if unexpected else None
        if refused is not None:
            raise ClientError(str(refused.exceptions[0])) from None
        if unexpected is not None:
            raise unexpected from None
