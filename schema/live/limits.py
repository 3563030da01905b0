"""How much of the live side one account, and all of them together, may hold."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from graphql import GraphQLError

from hub.model.people import Principal


@dataclass(frozen=True, slots=True)
class LiveLimits:
    """The bounds; docs/decisions/0013 says what each protects. See `[access]` and `[hub]`.

    An account of the command centre or of a partner may be at many screens at once, so it has its
    own bound of connections. One account holds a quarter of `megabytes` at most.
    """

    connections_per_person: int = 20
    connections_per_shared_account: int = 1_000
    subscriptions_per_account: int = 1_000
    queries_per_account: int = 50
    queries: int = 500
    megabytes: int = 256

    def connections(self, principal: Principal) -> int:
        """WebSockets and event streams that the caller's account may have open at a time."""
        if principal.is_shared:
            return self.connections_per_shared_account
        return self.connections_per_person

    @property
    def bytes_per_account(self) -> int:
        """What the live queries of one account may hold."""
        return self.megabytes * 1024 * 1024 // 4

    @property
    def bytes_in_all(self) -> int:
        """What the live queries of a process may hold."""
        return self.megabytes * 1024 * 1024


class LimitError(Exception):
    """A bound is reached. `code` is stable and public, the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def told(self) -> GraphQLError:
        """As a client is told."""
        return GraphQLError(self.message, extensions={"code": self.code})


class Seats:
    """How many of one thing each account has now."""

    def __init__(self, code: str, what: str) -> None:
        self._code = code
        self._what = what
        self._taken: Counter[str] = Counter()

    def take(self, account_id: str, most: int) -> Callable[[], None]:
        """One more for an account; returns what gives it back. Raises LimitError."""
        if self._taken[account_id] >= most:
            message = f"同一账号最多 {most} 个 / One account has at most {most} {self._what}."
            raise LimitError(self._code, f"{message} Close some first.")
        self._taken[account_id] += 1

        def leave() -> None:
            self._taken[account_id] -= 1
            if not self._taken[account_id]:
                del self._taken[account_id]

        return leave
