"""Who was asked in whose place: every recipient begins a chain, whoever is asked next continues it.

An acceptance anywhere in a chain ends that chain, and no other.
"""

from collections.abc import Mapping
from typing import NamedTuple

from hub.model.operations import ENDED, TAKEN, Stage


class Link(NamedTuple):
    """One ledger as a link of a chain: how far it has come, and in the place of which it is."""

    stage: Stage
    follows: str | None


class Chains:
    """The chains of one subject; `links` are its ledgers by id."""

    def __init__(self, links: Mapping[str, Link]) -> None:
        self.links = links
        self._next = {link.follows: ledger for ledger, link in links.items()}

    def of(self, ledger: str) -> list[str]:
        """The ledgers of the chain that this one is in, in the order they were opened."""
        first = ledger
        while (before := self.links[first].follows) is not None:
            first = before
        chain = [first]
        while (after := self._next.get(chain[-1])) is not None:
            chain.append(after)
        return chain

    def holder(self, ledger: str) -> str:
        """Who of this one's chain has it: the last who took it, or else the last who was asked."""
        chain = self.of(ledger)
        taken = [one for one in chain if self.links[one].stage in TAKEN]
        return (taken or chain)[-1]

    def taken_before(self, ledger: str | None) -> bool:
        """Whether the owner of this one, or somebody in whose place it is, has taken it on."""
        while ledger is not None:
            if self.links[ledger].stage in TAKEN:
                return True
            ledger = self.links[ledger].follows
        return False

    def begun(self) -> list[str]:
        """The ledgers that were opened first, one a chain."""
        return [ledger for ledger, link in self.links.items() if link.follows is None]

    def all_reach(self, stage: Stage) -> bool:
        """Whether each chain has somebody at this stage."""
        return all(
            any(self.links[ledger].stage is stage for ledger in self.of(first))
            for first in self.begun()
        )

    def lost(self) -> int:
        """How many chains have ended with nobody who took it, and nobody who is asked."""
        return sum(self._is_lost(first) for first in self.begun())

    def _is_lost(self, first: str) -> bool:
        stages = [self.links[ledger].stage for ledger in self.of(first)]
        return stages[-1] in ENDED and TAKEN.isdisjoint(stages)
