"""Faults of the push service, on demand: which of the next sends go wrong, and how."""

import asyncio
from random import Random
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Mode = Literal["ok", "unregistered", "429", "500", "html", "gateway", "hang"]


class FaultOrder(BaseModel):
    """Body of POST /control/fcm.

    The mode applies to a share `rate` of the sends, for the next `count` that it hits, and only to
    `token` if one is given. An order replaces the earlier one of the same token (or of all).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode
    rate: float = Field(default=1.0, ge=0, le=1)
    count: int | None = Field(default=None, ge=1)
    token: str | None = None


class Faults:
    """The orders in force."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"{seed}:fcm")
        self._orders: dict[str | None, FaultOrder] = {}
        self._left: dict[str | None, int] = {}
        self.changed = asyncio.Event()

    def order(self, order: FaultOrder) -> None:
        """Take an order; whoever hangs is let go."""
        self._orders.pop(order.token, None)
        self._left.pop(order.token, None)
        if order.mode == "ok" and order.token is None:
            self._orders.clear()
            self._left.clear()
        elif order.mode != "ok" or order.token is not None:
            self._orders[order.token] = order
            if order.count is not None:
                self._left[order.token] = order.count
        self.changed.set()
        self.changed = asyncio.Event()

    def next(self, token: str) -> Mode:
        """What happens to this send; a token's own order goes before the general one."""
        order = self._orders.get(token) or self._orders.get(None)
        if order is None or self._random.random() >= order.rate:
            return "ok"
        if order.token in self._left:
            self._left[order.token] -= 1
            if self._left[order.token] == 0:
                del self._left[order.token], self._orders[order.token]
        return order.mode

    def status(self) -> list[dict[str, object]]:
        """The orders in force, with what is left of them."""
        return [
            {**order.model_dump(exclude_none=True), **self._remaining(token)}
            for token, order in self._orders.items()
        ]

    def _remaining(self, token: str | None) -> dict[str, object]:
        return {"left": self._left[token]} if token in self._left else {}
