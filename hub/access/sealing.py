"""The sealer (审计封存): chains the rows of the audit log, behind the writes that made them.

One process at a time seals, by a lease; a second one for a moment begins again at what the first
has written. What is written waits for nobody: its row is there with it, and is sealed soon after.
"""

import asyncio
import base64
import time

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import OKPKey

from hub.defects import worked_around
from hub.rounds import Failing
from hub.rules.audit_chain import canonical
from hub.store.audit_chain import AuditChain, Head
from hub.store.driver import Store, TransactionTooLong
from hub.store.faults import passes
from hub.store.leases import Lease

log = structlog.get_logger()

POLL = 2.0
"""Real seconds between two looks for rows: one indexed read each."""
MOST = 200
"""Rows in a transaction; fewer where that takes too long."""
TELL_SECONDS = 3600.0
"""Real seconds between two lines in the hub's log that tell the head to whoever keeps that log."""
_PURPOSE = b"liandong audit head\n"
"""The key signs tokens too: neither may be taken for the other."""


def chain_of(store: Store, key: OKPKey) -> AuditChain:
    """The sealed log of a store, its head signed with the hub's key."""
    private = key.private_key
    if not isinstance(private, Ed25519PrivateKey):
        raise TypeError("expected an Ed25519 private key")

    def sign(head: Head) -> str:
        return base64.b64encode(private.sign(_told(head))).decode()

    def ours(head: Head) -> bool:
        try:
            private.public_key().verify(base64.b64decode(head.signature), _told(head))
        except (InvalidSignature, ValueError):
            return False
        return True

    return AuditChain(store, sign, ours)


class Sealer:
    """Seals what waits, for as long as this process leads. Any number may run."""

    def __init__(self, store: Store, key: OKPKey, owner: str) -> None:
        self._chain = chain_of(store.apart(), key)
        self._leader = Lease(store, "audit", owner)
        self._most = MOST
        self._failing = Failing("audit_sealing_failing", over="audit_sealing_again")
        self._told = -TELL_SECONDS

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                await self._guarded_pass()
                await asyncio.sleep(POLL)
        finally:
            # a lease that is not given back runs out
            with worked_around("sealer.release", expected=passes):
                await self._leader.release()

    async def step(self) -> int:
        """Seal everything that waits now, while this process leads; how many rows."""
        sealed = 0
        while await self._chain.waits() and await self._leader.acquire():
            try:
                count, head = await self._chain.seal(self._most)
            except TransactionTooLong:
                if self._most == 1:
                    raise
                self._most //= 2
                continue
            if not count:
                break  # another has sealed them
            sealed += count
            self._tell(head)
        return sealed

    async def _guarded_pass(self) -> None:
        with self._failing.guard():
            await self.step()

    def _tell(self, head: Head | None) -> None:
        """Now and then: a head that is kept elsewhere shows whether the database was set back."""
        if head is not None and time.monotonic() - self._told >= TELL_SECONDS:
            self._told = time.monotonic()
            log.info("audit_head", head=f"{head.seq}:{head.hash}")


def _told(head: Head) -> bytes:
    return _PURPOSE + canonical({"end": f"{head.seq}:{head.hash}", "at": head.at})
