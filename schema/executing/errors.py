"""Errors as clients see them: a stable code, a sentence, and never what is inside the hub."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import structlog
from graphql import GraphQLError

from hub.deadline import TooLong
from hub.errors import DatabaseAway, LiandongError, RetryLater, UserFault
from hub.fate import Fate
from hub.store.faults import passing

log = structlog.get_logger()

RETRY_SECONDS = 2.0
"""When to come again, where nothing else is known."""
_FATES = {
    Fate.DONE: (
        "已执行；用同一 clientMutationId 重发可得到结果"
        " / It was done: send it again with the same clientMutationId to be told the result."
    ),
    Fate.NOT_DONE: (
        "未执行；可用同一 clientMutationId 重发"
        " / It was not done: send it again with the same clientMutationId."
    ),
    Fate.UNKNOWN: (
        "是否已执行尚不确定；请用同一 clientMutationId 重发，不会执行两次"
        " / Whether it was done is not known: send it again with the same clientMutationId,"
        " it is done once."
    ),
}

_UNBEGUN = (
    "未开始执行；可原样重发，变更用同一 clientMutationId"
    " / It was not begun: send the same again, a mutation with the same clientMutationId."
)
_OF_TIME = frozenset({"RETRY_LATER", "DEADLINE_EXCEEDED"})


class RefusedError(Exception):
    """An operation that does not run; `errors` are what the client is told."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


def presented(
    errors: Sequence[GraphQLError] | None, fate: Fate | None = None
) -> list[GraphQLError]:
    """What a client is told of the errors of an execution. Unexpected ones are logged, by an id.

    `fate` is that of a mutation's writes: what fails behind them, in reading the payload, says it.
    """
    return [_presented(error, fate) for error in errors or ()]


def told(error: BaseException, fate: Fate | None = None, **where: object) -> GraphQLError:
    """The answer for any failure of an execution; `fate` is a mutation's."""
    expected = foreseen(error)
    return internal(error, **where) if expected is None else fault(expected, fate)


def told_unbegun(error: BaseException) -> GraphQLError:
    """The answer for any failure before an execution; see `unbegun`."""
    expected = foreseen(error)
    return internal(error) if expected is None else unbegun(expected)


def foreseen(error: BaseException) -> LiandongError | None:
    """The failure as one that is expected, such as a database that is away; None: a defect."""
    return error if isinstance(error, LiandongError) else passing(error)


def internal(error: BaseException, **where: object) -> GraphQLError:
    """The answer for an unexpected failure: an id to find it in the log by, and nothing else."""
    reference = uuid4().hex[:12]
    log.error("graphql.internal_error", id=reference, exc_info=error, **where)
    return GraphQLError(
        f"内部错误，编号 {reference} / Internal error. Give the operator this number: {reference}.",
        extensions={"code": "INTERNAL", "id": reference},
    )


def fault(error: LiandongError, fate: Fate | None = None) -> GraphQLError:
    """An expected failure; with what became of the mutation it ended, if it was one."""
    message, extensions = _described(error)
    if fate is not None and extensions["code"] in _OF_TIME:
        message, extensions["outcome"] = f"{message} {_FATES[fate]}", fate.value
    elif extensions["code"] == "DEADLINE_EXCEEDED":
        message = f"{message} 请缩小查询范围 / Ask for less."
    return GraphQLError(message, extensions=extensions)


def unbegun(error: LiandongError) -> GraphQLError:
    """An expected failure before an operation was begun, or even read: it may be a mutation."""
    message, extensions = _described(error)
    if extensions["code"] in _OF_TIME:
        message, extensions["outcome"] = f"{message} {_UNBEGUN}", Fate.NOT_DONE.value
    return GraphQLError(message, extensions=extensions)


def _described(error: LiandongError) -> tuple[str, dict[str, Any]]:
    match error:
        case UserFault():
            named = {"argument": list(error.path)} if error.path else {}
            return str(error), {"code": error.code, **named}
        case DatabaseAway():
            words = "数据库暂时没有应答，请稍后重发 / The database does not answer now. Try again."
            return words, {"code": "RETRY_LATER", "retryAfter": RETRY_SECONDS}
        case RetryLater():
            return str(error), {"code": "RETRY_LATER", "retryAfter": error.after or RETRY_SECONDS}
        case TooLong():
            words = f"超时，已停止 / Stopped, for want of time: {error}"
            return words, {"code": "DEADLINE_EXCEEDED"}
    return str(error), {"code": "REFUSED"}


class EndedMutation(Exception):
    """A mutation root that failed, with what became of its write; the cause is what failed."""

    def __init__(self, fate: Fate) -> None:
        super().__init__(fate)
        self.fate = fate


def _presented(error: GraphQLError, fate: Fate | None) -> GraphQLError:
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if cause is None:
        if not (error.extensions or {}).get("code"):
            error.extensions = {"code": "BAD_USER_INPUT"}
        return error
    if isinstance(cause, EndedMutation):
        shown = told(cause.__cause__ or cause, cause.fate, path=error.path)
    else:
        shown = told(cause, fate, path=error.path)
    return GraphQLError(
        shown.message, nodes=error.nodes, path=error.path, extensions=shown.extensions
    )
