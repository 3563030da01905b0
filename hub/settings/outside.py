"""What else is read from outside: secrets, area files, the environment itself."""

import os
from functools import lru_cache
from pathlib import Path

from hub.errors import StartError

AREAS = Path(__file__).parents[1] / "areas"


def secret(reference: str | None) -> str | None:
    """The secret behind `env:NAME` or `file:PATH`; None without a reference.

    Raises StartError when there is a reference and nothing behind it.
    """
    if reference is None:
        return None
    scheme, _, rest = reference.partition(":")
    if scheme == "env":
        value = os.environ.get(rest)
        if value:
            return value
        raise StartError(f"secret_ref {reference!r}: the environment variable is not set.")
    if scheme == "file":
        try:
            return Path(rest).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise StartError(f"secret_ref {reference!r}: {error.strerror}.") from error
    raise StartError("secret_ref: expected env:NAME or file:PATH (never the secret itself).")


@lru_cache(maxsize=8)
def area_text(name: str) -> str:
    """The text of the area file: a name in the package's `areas/`, or a path that ends in .toml.

    Raises StartError if there is none, saying where it was looked for and which names there are.
    """
    named = not name.endswith(".toml")
    path = AREAS / f"{name}.toml" if named else Path(name).expanduser()
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        if named:
            known = sorted(one.stem for one in AREAS.glob("*.toml"))
            message = f"hub.area = {name!r}: no area of this name is known."
            hint = f"Known: {', '.join(known)}. Or give the path of an area file: my-area.toml."
            raise StartError(message, hint=hint) from error
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise StartError(
            f"hub.area = {name!r}: {path.absolute()} cannot be read: {why}.",
            hint="A path is from the folder the hub is started in.",
        ) from error


@lru_cache(maxsize=8)
def area_map_text(name: str) -> str | None:
    """The GeoJSON beside the area file of this name or path; None if there is none.

    Raises StartError if there is one that cannot be read.
    """
    named = not name.endswith(".toml")
    path = AREAS / f"{name}.geojson" if named else Path(name).expanduser().with_suffix(".geojson")
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise StartError(f"{path}: the map of the area cannot be read: {why}.") from error


def samples_dir() -> Path:
    """Where the third-party sample feeds lie (`LIANDONG_SAMPLES`, for tests and benchmarks)."""
    return Path(os.environ.get("LIANDONG_SAMPLES", "../shared/data"))


def child_environment(**extra: str) -> dict[str, str]:
    """The environment for a process we start, with `extra` over it."""
    return {**os.environ, **extra}
