"""One declaration per endpoint: its route, its checks and its place in the OpenAPI document.

The order of checks is the order of trust: who calls, may they, then what they sent.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from hub.access.bearer import unauthenticated
from hub.deadline import in_time
from hub.errors import RetryLater
from hub.fate import Fate, Write, together
from hub.model.people import Principal, Scope
from hub.operations.telling.wire import Message
from hub.requests import JSON, bearer, check_content, json_of, read_body
from hub.store.faults import passing
from mobile_api.context import MobileContext
from mobile_api.problems import Invalid, complaints, retry_later

Sent = TypeVar("Sent", bound=Message)


@dataclass(frozen=True, slots=True)
class Call(Generic[Sent]):
    """One request that passed the checks. `caller` is set where the endpoint has a scope.

    `writes` are noted by the handlers of endpoints that say what became of them.
    """

    request: Request
    context: MobileContext
    sent: Sent
    principal: Principal | None
    writes: list[Write] = field(default_factory=list)

    @property
    def caller(self) -> Principal:
        """The authenticated caller."""
        if self.principal is None:
            raise unauthenticated()
        return self.principal

    @property
    def address(self) -> str | None:
        """Where the request came from, for the audit log and the limits."""
        return self.request.client.host if self.request.client else None


_READS = frozenset({"GET", "HEAD"})
Handler = Callable[[Call[Sent]], Awaitable[BaseModel | Response | None]]


class Nothing(Message):
    """An endpoint that takes neither a body nor a query."""


@dataclass(slots=True)
class _Progress:
    """How far a request has come: the call of its handler, once that was begun."""

    writes: list[Write] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(Generic[Sent]):
    """An operation of the API.

    `takes` is the model of the JSON body, or of the query where the method is GET. `gives` is the
    model of the answer; None is 204. Without a `scope` the caller need not be signed in.
    `problems` are the codes beyond those that follow from the rest. `notes_writes`: its handler
    notes each in `Call.writes`; of another that fails it is not known what it did. `consumes`: its
    handler reads a body of this type itself, byte by byte.
    """

    method: str
    path: str
    name: str
    summary: str
    handler: Handler[Sent]
    takes: type[Sent]
    gives: type[Message] | None = None
    scope: Scope | None = None
    media: str = JSON
    problems: tuple[str, ...] = ()
    notes_writes: bool = False
    consumes: str | None = None

    @property
    def has_body(self) -> bool:
        """Whether the request carries JSON."""
        return self.method not in _READS and self.takes is not Nothing

    def route(self, context: MobileContext) -> Route:
        """Starlette's route. GET does not answer HEAD: a live stream has no head to show."""

        async def answer(request: Request) -> Response:
            progress = _Progress()
            try:
                return await in_time(
                    self._answer(request, context, progress), context.store.answers, waits_on=True
                )
            except ClientDisconnect:
                return Response(status_code=400)  # nobody is there to read it
            except Exception as error:
                fault = error if isinstance(error, RetryLater) else passing(error)
                if fault is None:
                    raise
                return retry_later(fault, self._outcome(progress))

        route = Route(self.path, answer, methods=[self.method], name=self.name)
        route.methods = {self.method}
        return route

    async def _answer(
        self, request: Request, context: MobileContext, progress: _Progress
    ) -> Response:
        principal = None
        if self.scope is not None:
            principal = await context.tokens.authenticate(
                bearer(request.headers.get("authorization"))
            )
            principal.require(self.scope)
        sent = await self._read(request)
        async with self._share(principal, context):
            call = Call(request, context, sent, principal)
            progress.writes = call.writes
            reply = await self.handler(call)
        if reply is None:
            return Response(status_code=204)
        if isinstance(reply, Response):
            return reply
        return Response(
            reply.model_dump_json(by_alias=True),
            media_type=JSON,
            headers={"Cache-Control": "no-store"},
        )

    def _outcome(self, progress: _Progress) -> Fate | None:
        """What became of what was to be done; None where nothing was, or it is not known."""
        if self.method in _READS:
            return None
        if progress.writes is None:
            return Fate.NOT_DONE
        return together(progress.writes) if self.notes_writes else None

    def _share(
        self, principal: Principal | None, context: MobileContext
    ) -> AbstractAsyncContextManager[None]:
        """What is only read takes turns with the caller's other reads, and what is done with that.

        The rest, such as a photograph on its slow way, keeps nobody waiting.
        """
        if principal is not None and self.method in _READS:
            return context.shares.of(principal)
        if principal is not None and self.notes_writes:
            return context.writes.of(principal)
        return nullcontext()

    async def _read(self, request: Request) -> Sent:
        try:
            if not self.has_body:
                query = self.takes.model_validate(dict(request.query_params))
                if self.consumes is not None:
                    check_content(request.headers, self.consumes)
                return query
            check_content(request.headers, JSON)
            body = await read_body(request.stream(), request.headers)
            json_of(body)  # more strictly than the model's own parser
            return self.takes.model_validate_json(body, strict=True)
        except ValidationError as error:
            raise Invalid(complaints(error)) from error
