"""Who was asked in whose place: every recipient begins a chain, whoever is asked next continues it.

An acceptance anywhere in a chain ends that chain, and no other.
"""

from collections.abc import Mapping
from typing import NamedTuple

from hub.model.operations import ENDED, TAKEN, Stage


class Link(NamedTuple):
    """One recipient as a link of a chain: how far it has come, and in whose place it was asked."""

    stage: Stage
    escalated_from: str | None


class Chains:
    """The chains of one subject; `links` are its recipients by account."""

    def __init__(self, links: Mapping[str, Link]) -> None:
        self.links = links
        self._next = {link.escalated_from: account for account, link in links.items()}

    def of(self, account: str) -> list[str]:
        """The accounts of the chain that this one is in, in the order they were asked."""
        first = account
        while (before := self.links[first].escalated_from) is not None:
            first = before
        chain = [first]
        while (after := self._next.get(chain[-1])) is not None:
            chain.append(after)
        return chain

    def holder(self, account: str) -> str:
        """Who of this one's chain has it: the last who took it, or else the last who was asked."""
        chain = self.of(account)
        taken = [one for one in chain if self.links[one].stage in TAKEN]
        return (taken or chain)[-1]

    def taken_before(self, account: str | None) -> bool:
        """Whether this account, or one in whose place it was asked, has taken it on."""
        while account is not None:
            if self.links[account].stage in TAKEN:
                return True
            account = self.links[account].escalated_from
        return False

    def begun(self) -> list[str]:
        """The accounts that were asked first, one a chain."""
        return [account for account, link in self.links.items() if link.escalated_from is None]

    def all_reach(self, stage: Stage) -> bool:
        """Whether each chain has somebody at this stage."""
        return all(
            any(self.links[account].stage is stage for account in self.of(first))
            for first in self.begun()
        )

    def lost(self) -> int:
        """How many chains have ended with nobody who took it, and nobody who is asked."""
        return sum(self._is_lost(account) for account in self.begun())

    def _is_lost(self, first: str) -> bool:
        stages = [self.links[account].stage for account in self.of(first)]
        return stages[-1] in ENDED and TAKEN.isdisjoint(stages)
