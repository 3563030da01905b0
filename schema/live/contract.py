"""What the live transports need of the server and of the HTTP side."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from graphql import ExecutionResult

from hub.model.people import Principal
from schema.executing.documents import Prepared

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Executor(Protocol):
    """What the sockets need of the HTTP side: prepare a document, run a query or mutation."""

    async def prepare(
        self, text: str, operation_name: str | None, principal: Principal
    ) -> Prepared:
        """Parse, validate, check limits and scopes; raises RefusedError."""
        ...

    async def execute(
        self, prepared: Prepared, variables: dict[str, Any], principal: Principal
    ) -> ExecutionResult:
        """Run a query or mutation to its end."""
        ...

    async def authenticate(self, token: str) -> Principal:
        """The principal of an access token; raises AccessDenied."""
        ...

    def still_valid(self, principal: Principal) -> bool:
        """Whether the principal's session still holds."""
        ...
