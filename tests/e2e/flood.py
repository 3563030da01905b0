"""One client that asks and writes all it is let: `flood.py URL TOKEN INCIDENT`.

It ends when its input closes. It says "asking" and "writing" once answers come, and at the end how
many requests were answered. It is a process of its own, so that it does not wait for whoever
watches it.
"""

import asyncio
import contextlib
import sys
from uuid import uuid4

import httpx2

CALLERS, WRITERS = 24, 24
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
NOTE = (
    "mutation ($input: NoteIncidentInput!) { noteIncident(input: $input) { userErrors { code } } }"
)
LIVE_ROW = "cursor change node { expectedDeparture status journey { publicCode destination } }"


class Flood:
    """All its requests over one token."""

    def __init__(self, url: str, token: str, incident: str) -> None:
        self.answered = self.written = 0
        self.incident = incident
        self.http = httpx2.AsyncClient(
            base_url=url,
            headers={"authorization": f"Bearer {token}"},
            timeout=120,
            trust_env=False,
            limits=httpx2.Limits(max_connections=CALLERS + WRITERS + LIVE),
        )

    async def ask(self) -> None:
        """The same heavy question again and again."""
        while True:
            with contextlib.suppress(httpx2.HTTPError):
                answer = await self.http.post("/graphql", json={"query": QUERY})
                self.answered += answer.status_code == 200
                if self.answered == CALLERS:
                    say("asking")
            await asyncio.sleep(0)

    async def write(self) -> None:
        """A line into the timeline of the incident whose orders are due."""
        while True:
            given = {"clientMutationId": uuid4().hex, "incident": self.incident, "text": "记"}
            body = {"query": NOTE, "variables": {"input": given}}
            with contextlib.suppress(httpx2.HTTPError):
                answer = await self.http.post("/graphql", json=body)
                data = answer.json().get("data") or {}
                self.written += data.get("noteIncident") == {"userErrors": []}
                if self.written == WRITERS:
                    say("writing")
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


async def main(url: str, token: str, incident: str) -> None:
    flood = Flood(url, token, incident)
    tasks = [asyncio.create_task(flood.ask()) for _ in range(CALLERS)]
    tasks += [asyncio.create_task(flood.write()) for _ in range(WRITERS)]
    tasks += [asyncio.create_task(flood.follow(number)) for number in range(LIVE)]
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    say(f"answered {flood.answered}, written {flood.written}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
