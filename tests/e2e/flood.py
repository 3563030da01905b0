"""One client that asks as much as it is let: `python flood.py URL TOKEN`, until its input closes.

It says "flooding" once answers come, and at the end how many requests were answered. It is a
process of its own, so that it does not wait for whoever watches it.
"""

import asyncio
import contextlib
import sys

import httpx2

CALLERS = 24
LIVE = 40
PLACES = ("railway:SHH", "metro:L1-SHRS", "metro:L34-SHRS", "coach:SHLD")
ROW = """nodes { expectedDeparture expectedArrival status delaySeconds actualPlatform
  stopPlace { name } journey { publicCode destination line { publicCode } }
  freshness { state asOf source } }"""
ASKED = " ".join(
    f'a{number}: departures(stopPlace: "{PLACES[number % 4]}", first: 100) {{ {ROW} }}'
    for number in range(8)
)
QUERY = f"{{ {ASKED} }}"
LIVE_ROW = "cursor change node { expectedDeparture status journey { publicCode destination } }"


class Flood:
    """All its requests over one token."""

    def __init__(self, url: str, token: str) -> None:
        self.answered = 0
        self.http = httpx2.AsyncClient(
            base_url=url,
            headers={"authorization": f"Bearer {token}"},
            timeout=120,
            trust_env=False,
            limits=httpx2.Limits(max_connections=CALLERS + LIVE),
        )

    async def ask(self) -> None:
        """The same heavy question again and again."""
        while True:
            with contextlib.suppress(httpx2.HTTPError):
                answer = await self.http.post("/graphql", json={"query": QUERY})
                self.answered += answer.status_code == 200
                if self.answered == CALLERS:
                    say("flooding")
            await asyncio.sleep(0)

    async def follow(self, number: int) -> None:
        """A live query that nobody else has; whatever is refused is asked again."""
        place, first = PLACES[number % 4], 40 + number
        query = (
            f'subscription {{ departures(stopPlace: "{place}", first: {first}) {{ {LIVE_ROW} }} }}'
        )
        while True:
            with contextlib.suppress(httpx2.HTTPError):
                async with self.http.stream(
                    "POST",
                    "/graphql",
                    json={"query": query},
                    headers={"accept": "text/event-stream"},
                ) as answer:
                    async for _ in answer.aiter_bytes():
                        pass
            await asyncio.sleep(0.1)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(url: str, token: str) -> None:
    flood = Flood(url, token)
    tasks = [asyncio.create_task(flood.ask()) for _ in range(CALLERS)]
    tasks += [asyncio.create_task(flood.follow(number)) for number in range(LIVE)]
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    say(f"answered {flood.answered}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
