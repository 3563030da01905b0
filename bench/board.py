"""One board query: 50 departures with 6 scalars and 2 nested objects each, read from MongoDB."""

import json

from bench.load import http_requests, percentile
from bench.peer import Peer, cpu_seconds
from bench.world import SERVER_CORE, STOP, World

QUERY = f"""{{ departures(stopPlace: "{STOP}", first: 50) {{ nodes {{
  id aimedDeparture expectedDeparture status plannedPlatform actualPlatform
  journey {{ publicCode mode destination line {{ publicCode name }} }}
  stopPlace {{ id name }} }} }} }}"""
PEER_QUERY = QUERY.replace("{ nodes {", "{").replace("} } } }", "} } }")
SECONDS, CALLERS = 8.0, 16


async def measure(world: World, node: bool) -> None:
    """CPU of the server per request, hub and mercurius (JIT), on the same MongoDB."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {world.token}"}
    ours = await _side("liandong", world.port, world.hub.pid, QUERY, headers)
    if not node:
        return
    with Peer("board.mjs", world.mongo.uri, cores=SERVER_CORE) as peer:
        theirs = await _side(
            "mercurius JIT",
            peer.port,
            peer.process.pid,
            PEER_QUERY,
            {"content-type": "application/json"},
        )
    print(f"ratio liandong / mercurius JIT: {ours / theirs:.2f} CPU per request")


async def _side(name: str, port: int, pid: int, query: str, headers: dict[str, str]) -> float:
    body = json.dumps({"query": query}).encode()
    await http_requests(port, "/graphql", body, headers, seconds=2, callers=CALLERS)
    before = cpu_seconds(pid)
    count, took = await http_requests(
        port, "/graphql", body, headers, seconds=SECONDS, callers=CALLERS
    )
    cpu = (cpu_seconds(pid) - before) / count
    print(
        f"{name:14} {cpu * 1e6:7.0f} us CPU/request  {count / SECONDS:7.0f} req/s  "
        f"p99 {percentile(took, 0.99) * 1e3:.0f} ms"
    )
    return cpu
