"""The shape of an FCM HTTP v1 send request, and FCM's error answers.

Source: Firebase, REST resource projects.messages, method send.
"""

from dataclasses import dataclass

FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
LARGEST_DATA = 4096
TARGETS = ("token", "fid", "topic", "condition")
FIELDS = {*TARGETS, "name", "data", "notification", "android", "webpush", "apns", "fcm_options",
          "fcmOptions"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FcmError(Exception):
    """A refusal: HTTP status, gRPC status name, FCM's own code."""

    http: int
    status: str
    code: str | None
    message: str
    retry_after: int | None = None

    def json(self) -> dict[str, object]:
        """The error body as Google's APIs write it."""
        error: dict[str, object] = {
            "code": self.http,
            "message": self.message,
            "status": self.status,
        }
        if self.code is not None:
            error["details"] = [{"@type": FCM_ERROR, "errorCode": self.code}]
        return {"error": error}


UNREGISTERED = FcmError(404, "NOT_FOUND", "UNREGISTERED", "Requested entity was not found.")
QUOTA = FcmError(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "Quota exceeded.", retry_after=5)
INTERNAL = FcmError(500, "INTERNAL", "INTERNAL", "Internal error encountered.")
UNAUTHENTICATED = FcmError(
    401,
    "UNAUTHENTICATED",
    None,
    "Request had invalid authentication credentials. Expected OAuth 2 access token.",
)


def invalid(message: str) -> FcmError:
    """INVALID_ARGUMENT."""
    return FcmError(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", message)


@dataclass(frozen=True, slots=True)
class SendRequest:
    """A checked request. `target` is a registration token or an installation id."""

    message: dict[str, object]
    target: str
    validate_only: bool


def check(body: object) -> SendRequest:
    """The request in a JSON body. Raises FcmError."""
    if not isinstance(body, dict):
        raise invalid("Invalid JSON payload received. Expected an object.")
    if unknown := set(body) - {"message", "validate_only", "validateOnly"}:
        raise invalid(f'Invalid JSON payload received. Unknown name "{min(unknown)}".')
    message = body.get("message")
    if not isinstance(message, dict):
        raise invalid("Request must contain a message.")
    if unknown := set(message) - FIELDS:
        raise invalid(f'Invalid JSON payload received. Unknown name "{min(unknown)}" at message.')
    only = body.get("validate_only", body.get("validateOnly", False))
    _check_data(message.get("data", {}))
    return SendRequest(message, _target(message), bool(only))


def _target(message: dict[str, object]) -> str:
    given = [name for name in TARGETS if message.get(name)]
    if len(given) != 1:
        raise invalid("Exactly one of token, fid, topic or condition must be given.")
    if given[0] not in ("token", "fid"):
        raise invalid(f"This stand-in has no {given[0]} messaging: send to a token.")
    target = message[given[0]]
    if not isinstance(target, str):
        raise invalid(f"message.{given[0]} must be a string.")
    return target


def _check_data(data: object) -> None:
    if not isinstance(data, dict):
        raise invalid("message.data must be an object.")
    for key, value in data.items():
        if not isinstance(value, str):
            raise invalid(f"message.data[{key}]: expected a string.")
        if key in ("from", "message_type") or key.startswith(("google.", "gcm.")):
            raise invalid(f"message.data[{key}]: the key is reserved.")
    if sum(len(k.encode()) + len(v.encode()) for k, v in data.items()) > LARGEST_DATA:
        raise invalid("Android message is too big.")
