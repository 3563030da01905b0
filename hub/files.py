"""Files that others read while they are written: they are there whole, or not at all."""

import os
from pathlib import Path


def replace(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Put `text` (UTF-8) in place of what the file held; a reader sees the one or the other."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
