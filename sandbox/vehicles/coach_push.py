"""The coach terminal's pushes: its departures posted to the hub, signed, again and again."""

import asyncio
import sys

import httpx2

from sandbox.clock import Clock
from sandbox.offers import Offers
from sandbox.wire.coach_profile import signed

EVERY = 10.0
"""Real seconds between two pushes."""


async def push(offers: Offers, clock: Clock, url: str, secret: str) -> None:
    """Post until cancelled; what is refused or lost is overtaken by the next."""
    failing = False
    async with httpx2.AsyncClient(timeout=10, verify=False, trust_env=False) as client:
        while True:
            now = clock.posix()
            body = offers.profile(now)
            try:
                answer = await client.post(url, content=body, headers=signed(secret, body, now))
                ok, said = answer.is_success, f"{answer.status_code}"
            except httpx2.HTTPError as error:
                ok, said = False, str(error) or type(error).__name__
            if ok == failing:
                sys.stderr.write(f"sandbox: coach push to {url}: {said}\n")
            failing = not ok
            await asyncio.sleep(1.0 if failing else EVERY)
