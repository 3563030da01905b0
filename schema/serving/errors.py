"""Errors as clients see them: a stable code, a sentence, and never what is inside the hub."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import structlog
from graphql import GraphQLError

from hub.errors import LiandongError, RetryLater, UserFault
from hub.store.faults import passing

log = structlog.get_logger()


def presented(errors: Sequence[GraphQLError] | None) -> list[GraphQLError]:
    """What a client is told of the errors of an execution. Unexpected ones are logged, by an id."""
    return [_presented(error) for error in errors or ()]


def internal(error: BaseException, **where: object) -> GraphQLError:
    """The answer for an unexpected failure: an id to find it in the log by, and nothing else."""
    reference = uuid4().hex[:12]
    log.error("graphql.internal_error", id=reference, exc_info=error, **where)
    return GraphQLError(
        f"内部错误，编号 {reference} / Internal error. Give the operator this number: {reference}.",
        extensions={"code": "INTERNAL", "id": reference},
    )


def fault(error: LiandongError) -> GraphQLError:
    """An expected failure."""
    extensions: dict[str, Any] = {"code": "REFUSED"}
    if isinstance(error, UserFault):
        extensions = {"code": error.code, "argument": list(error.path)}
    elif isinstance(error, RetryLater):
        extensions = {"code": "RETRY_LATER", "retryAfter": error.after}
    return GraphQLError(str(error), extensions=extensions)


def _presented(error: GraphQLError) -> GraphQLError:
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if cause is None:
        if not (error.extensions or {}).get("code"):
            error.extensions = {"code": "BAD_USER_INPUT"}
        return error
    known = cause if isinstance(cause, LiandongError) else passing(cause)
    shown = fault(known) if known is not None else internal(cause, path=error.path)
    return GraphQLError(
        shown.message, nodes=error.nodes, path=error.path, extensions=shown.extensions
    )
