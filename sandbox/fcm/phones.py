"""Phones that have registered for push: each has a token, a backlog, and at most one listener."""

import asyncio
import secrets
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

BACKLOG = 100
"""Messages kept for a phone that is offline: FCM keeps 100 and then drops them."""
REMEMBERED = 500
PHONES = 10_000


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message as a phone gets it."""

    sequence: int
    name: str
    data: dict[str, str]
    notification: dict[str, object] | None
    priority: str
    accepted_at: datetime

    def json(self) -> dict[str, object]:
        """As JSON for the phone's stream."""
        return {
            "messageId": self.name,
            "data": self.data,
            "notification": self.notification,
            "priority": self.priority,
            "acceptedAt": self.accepted_at.isoformat(),
        }


@dataclass(slots=True)
class Phone:
    """A registered app on a phone. `listener` changes with every new stream: the newest has it."""

    token: str
    backlog: deque[Delivered] = field(default_factory=lambda: deque(maxlen=BACKLOG))
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    listener: int = 0
    gone: bool = False

    def push(self, message: Delivered) -> None:
        """Put a message where the phone's listener finds it, now or when it comes back."""
        self.backlog.append(message)
        self.arrived.set()

    def take_over(self) -> int:
        """A new listener; an older one stops."""
        self.listener += 1
        self.arrived.set()
        return self.listener

    async def next(self, listener: int) -> Delivered | None:
        """The oldest message not yet delivered, left in the backlog; None when it is over."""
        while True:
            if self.gone or self.listener != listener:
                return None
            if self.backlog:
                return self.backlog[0]
            self.arrived.clear()
            await self.arrived.wait()

    def delivered(self, message: Delivered) -> None:
        """The phone has it."""
        if self.backlog and self.backlog[0] is message:
            self.backlog.popleft()


class Phones:
    """All phones, and the messages that were accepted for them."""

    def __init__(self) -> None:
        self.accepted: deque[dict[str, object]] = deque(maxlen=REMEMBERED)
        self._phones: dict[str, Phone] = {}
        self._sequence = 0

    def __len__(self) -> int:
        return len(self._phones)

    def register(self) -> Phone:
        """A phone with a token of its own; of too many the oldest is forgotten."""
        if len(self._phones) >= PHONES:
            self.remove(next(iter(self._phones)))
        phone = Phone(f"{secrets.token_urlsafe(16)}:APA91b{secrets.token_urlsafe(96)}")
        self._phones[phone.token] = phone
        return phone

    def find(self, token: str) -> Phone | None:
        """The phone of a token, or None: UNREGISTERED."""
        return self._phones.get(token)

    def remove(self, token: str) -> bool:
        """The app is uninstalled: its token is dead from now on."""
        phone = self._phones.pop(token, None)
        if phone is None:
            return False
        phone.gone = True
        phone.arrived.set()
        return True

    def deliver(self, phone: Phone, message: dict[str, object], project: str, at: datetime) -> str:
        """Accept a message for a phone. Returns its name."""
        self._sequence += 1
        name = f"projects/{project}/messages/0:{self._sequence:016d}%{secrets.token_hex(8)}"
        android = message.get("android")
        priority = android.get("priority", "normal") if isinstance(android, dict) else "normal"
        data, notification = message.get("data"), message.get("notification")
        delivered = Delivered(
            self._sequence,
            name,
            {str(k): str(v) for k, v in data.items()} if isinstance(data, dict) else {},
            notification if isinstance(notification, dict) else None,
            str(priority).lower(),
            at,
        )
        phone.push(delivered)
        self.accepted.append({"to": phone.token, **delivered.json(), "message": message})
        return name
