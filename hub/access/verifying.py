"""Verifying the audit log (审计核验): the whole chain, from its first row to its signed head."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from hub import clock
from hub.rules.audit_chain import Claim, Fault, Finding, Walk, number
from hub.store.audit_chain import AuditChain, Head, Standing

LONG = timedelta(minutes=10)
"""A row that waits longer than this to be sealed is a fault: sealing takes seconds."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look at the whole log found; it holds when there are no findings."""

    rows: int
    head: Head | None
    findings: tuple[Finding, ...]


async def verify(
    chain: AuditChain,
    kept: tuple[int, str] | None = None,
    *,
    seen: Callable[[int, int], None] = lambda _done, _all: None,
) -> Verified:
    """Walk the chain. `kept`: a head that was kept elsewhere; `seen(rows, all)`: progress."""
    standing = await chain.standing(clock.now() - LONG)
    vouched = standing.head if standing.head is not None and chain.ours(standing.head) else None
    # an end that nobody vouches for is no end: then it is wherever the rows end
    upto = vouched.seq if vouched is not None else standing.last
    claims = [Claim(Fault.KEPT_DIFFERS, *kept)] if kept is not None else []
    if vouched is not None:
        claims.append(Claim(Fault.HEAD_DIFFERS, vouched.seq, vouched.hash))
    walk, rows = Walk(upto, claims), 0
    for stray in standing.strays:
        if (place := number(stray)) is None or place > upto:
            walk.stray(stray)
    async for row in chain.rows(upto):
        walk.see(row)
        rows += 1
        seen(rows, upto)
    if rows < upto:
        for stray in await chain.unnumbered():
            walk.stray(stray)
    return Verified(rows, standing.head, (*_outside(standing, vouched), *walk.end()))


async def glanced(chain: AuditChain) -> tuple[Standing, tuple[Finding, ...]]:
    """How the log stands, and what is wrong with its head and what waits: no row is walked."""
    standing = await chain.standing(clock.now() - LONG)
    vouched = standing.head if standing.head is not None and chain.ours(standing.head) else None
    return standing, tuple(_outside(standing, vouched))


def _outside(standing: Standing, vouched: Head | None) -> Iterator[Finding]:
    """What is wrong with the head, and with what waits."""
    if standing.head is None and standing.last:
        yield Finding(fault=Fault.HEAD_MISSING)
    if standing.head is not None and vouched is None:
        yield Finding(fault=Fault.HEAD_FORGED, seq=standing.head.seq)
    if standing.oldest is not None:
        oldest = str(standing.oldest["_id"])
        yield Finding(fault=Fault.UNSEALED, until=standing.waiting, id=oldest)
