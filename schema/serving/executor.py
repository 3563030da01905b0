"""Prepare, authorise, execute: what every transport does with an operation."""

import asyncio
from inspect import isawaitable
from typing import Any

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, execute

from hub.access.principal import Principal, Scope
from schema.context import Services
from schema.live.engine import RefusedError
from schema.permissions import check
from schema.serving.compiled import CompilingExecutor
from schema.serving.documents import Documents, InvalidError, Prepared
from schema.serving.errors import presented

DEADLINE = 5.0
"""Seconds an operation may take."""


class Executor:
    """One per process. Serves HTTP, WebSocket and SSE alike."""

    def __init__(
        self, schema: GraphQLSchema, services: Services, *, deadline: float = DEADLINE
    ) -> None:
        self._schema = schema
        self._services = services
        self._deadline = deadline
        self.documents = Documents(schema)

    def prepare(self, text: str, operation_name: str | None, principal: Principal) -> Prepared:
        """The operation, valid, within the limits, and the caller's to run.

        Raises RefusedError otherwise; nothing has run then.
        """
        try:
            prepared = self.documents.prepare(
                text, operation_name, suggestions=Scope.DEVELOPER in principal.scopes
            )
        except InvalidError as invalid:
            raise RefusedError(invalid.errors) from invalid
        lacking = check(prepared.required, principal)
        if lacking:
            raise RefusedError(lacking)
        return prepared

    async def execute(
        self, prepared: Prepared, variables: dict[str, Any], principal: Principal
    ) -> ExecutionResult:
        """Run a query or mutation to its end, or to its deadline; never raises for what it does."""
        result = execute(
            self._schema,
            prepared.document,
            context_value=self._services.context(principal, prepared.memory),
            variable_values=variables,
            operation_name=prepared.operation_name,
            executor_class=CompilingExecutor,
            hide_suggestions=Scope.DEVELOPER not in principal.scopes,
        )
        if isawaitable(result):
            try:
                async with asyncio.timeout(self._deadline):
                    result = await result
            except TimeoutError:
                return ExecutionResult(None, [_too_long(self._deadline)])
        if not result.errors:
            return result
        return ExecutionResult(result.data, presented(result.errors), result.extensions)

    async def authenticate(self, token: str) -> Principal:
        """The principal of an access token. Raises AccessDenied."""
        return await self._services.tokens.authenticate(token)

    def still_valid(self, principal: Principal) -> bool:
        """Whether the principal's session still holds."""
        return self._services.tokens.still_valid(principal)


def _too_long(deadline: float) -> GraphQLError:
    return GraphQLError(
        f"查询超时 / The operation took longer than {deadline:g} s and was stopped. Ask for less.",
        extensions={"code": "DEADLINE_EXCEEDED"},
    )
