"""Prepare, authorise, execute: what every transport does with an operation."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from graphql import ExecutionResult, GraphQLSchema, OperationType

from hub.access.shares import WRITES_PER_PERSON, WRITES_PER_SHARED_ACCOUNT, Shares
from hub.deadline import DEADLINE, in_time
from hub.errors import LiandongError
from hub.fate import Fate, Write, together
from hub.model.people import Principal, Scope
from schema.context import Services
from schema.executing.compiled import run
from schema.executing.documents import Documents, InvalidError, Prepared
from schema.executing.errors import RefusedError, fault, presented, unbegun
from schema.permissions import check


class Executor:
    """One per process. Serves HTTP, WebSocket and SSE alike."""

    def __init__(
        self, schema: GraphQLSchema, services: Services, *, deadline: float = DEADLINE
    ) -> None:
        self._schema = schema
        self._services = services
        self._deadline = deadline
        self._shares = Shares()
        self._writes = Shares(WRITES_PER_PERSON, WRITES_PER_SHARED_ACCOUNT)
        self._new_queries, self._new_mutations = Shares(1, 1), Shares(1, 1)
        self.documents = Documents(schema)

    async def prepare(
        self, text: str, operation_name: str | None, principal: Principal
    ) -> Prepared:
        """The operation, valid, within the limits, and the caller's to run.

        An account's unknown documents are read one by one, and others' work comes between: each
        holds the loop for ten milliseconds. Mutations have a line of their own. Raises
        RefusedError; nothing has run then.
        """
        read = partial(
            self.documents.prepare,
            text,
            operation_name,
            suggestions=Scope.DEVELOPER in principal.scopes,
        )
        try:
            if self.documents.knows(text):
                prepared = read()
            else:
                prepared = await in_time(
                    self._in_line(text, principal, read),
                    self._services.operations.database_answers,
                    seconds=self._deadline,
                )
        except InvalidError as invalid:
            raise RefusedError(invalid.errors) from invalid
        except LiandongError as late:
            raise RefusedError([unbegun(late)]) from late
        lacking = check(prepared.required, principal)
        if lacking:
            raise RefusedError(lacking)
        return prepared

    async def execute(
        self, prepared: Prepared, variables: dict[str, Any], principal: Principal
    ) -> ExecutionResult:
        """Run a query or mutation to its end, or to its deadline; never raises for what it does.

        It waits for its account's share, within the deadline (`hub.access.shares`). A mutation
        that is late says what became of its write; one whose commit is on its way is
        left to it.
        """
        mutates = prepared.operation.operation is OperationType.MUTATION
        writes: list[Write] = []
        try:
            result = await in_time(
                self._run(prepared, variables, principal, writes),
                self._services.operations.database_answers,
                seconds=self._deadline,
                may_end=lambda: all(write.fate is not Fate.UNKNOWN for write in writes),
            )
        except LiandongError as late:
            return ExecutionResult(None, [fault(late, together(writes) if mutates else None)])
        if not result.errors:
            return result
        told = presented(result.errors, together(writes) if mutates else None)
        return ExecutionResult(result.data, told, result.extensions)

    async def _run(
        self,
        prepared: Prepared,
        variables: dict[str, Any],
        principal: Principal,
        writes: list[Write],
    ) -> ExecutionResult:
        async with self._share(prepared, principal):
            context = self._services.context(principal, prepared.memory, writes)
            return await run(
                self._schema,
                prepared.document,
                context_value=context,
                variable_values=variables,
                operation_name=prepared.operation_name,
                hide_suggestions=Scope.DEVELOPER not in principal.scopes,
            )

    async def _in_line(
        self, text: str, principal: Principal, read: Callable[[], Prepared]
    ) -> Prepared:
        """Read a document when the account's others before it are read."""
        lines = self._new_mutations if text.lstrip().startswith("mutation") else self._new_queries
        async with lines.of(principal):
            await asyncio.sleep(0)  # a free line makes nobody wait, and others come first
            return read()

    def _share(self, prepared: Prepared, principal: Principal) -> AbstractAsyncContextManager[None]:
        mutates = prepared.operation.operation is OperationType.MUTATION
        return (self._writes if mutates else self._shares).of(principal)

    async def authenticate(self, token: str) -> Principal:
        """The principal of an access token. Raises AccessDenied, RetryLater."""
        return await in_time(
            self._services.tokens.authenticate(token),
            self._services.operations.database_answers,
            seconds=self._deadline,
        )

    def still_valid(self, principal: Principal) -> bool:
        """Whether the principal's session still holds."""
        return self._services.tokens.still_valid(principal)
