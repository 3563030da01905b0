"""Bytes that may be too many for memory: above a bound they lie in a file and are read from there.

The file has no name, so nothing is left behind however the process ends. It lies where temporary
files do (TMPDIR); that should be a disk.
"""

import io
import os
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self
from weakref import finalize

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

IN_MEMORY = 8 * 1024 * 1024
"""Bytes up to which nothing is written to a file."""
_CHUNK = 1024 * 1024


class _File:
    """An open file, closed when nobody holds it any more."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        finalize(self, os.close, descriptor)


class Spool:
    """Bytes in a file, to be read any number of times, by several readers at once."""

    def __init__(self, file: _File, size: int, digest: str) -> None:
        """`digest` is the sha256 of the bytes, in hex."""
        self._file = file
        self.size = size
        self.sha256 = digest

    @classmethod
    def of(cls, path: Path) -> Self:
        """A file as it lies there. Raises OSError."""
        file = _File(os.open(path, os.O_RDONLY))
        digest, size = sha256(), 0
        while chunk := os.pread(file.descriptor, _CHUNK, size):
            digest.update(chunk)
            size += len(chunk)
        return cls(file, size, digest.hexdigest())

    def open(self) -> BinaryIO:
        """A reader of its own, at the beginning."""
        return io.BufferedReader(_Reader(self._file, self.size), _CHUNK)

    def read(self) -> bytes:
        """All of it, in memory."""
        return self.open().read()

    def pieces(self, size: int) -> Iterator[bytes]:
        """All of it, so many bytes at a time."""
        reader = self.open()
        while piece := reader.read(size):
            yield piece


class Gathered:
    """Takes bytes as they come; `done` gives them back."""

    def __init__(self) -> None:
        self._memory = bytearray()
        self._file: _File | None = None
        self._digest = sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Add some. Raises OSError when there is no room for it on disk."""
        self.size += len(data)
        if self._file is None and self.size <= IN_MEMORY:
            self._memory += data
            return
        if self._file is None:
            with tempfile.TemporaryFile() as file:
                self._file = _File(os.dup(file.fileno()))
            self._store(self._file, bytes(self._memory))
            self._memory.clear()
        self._store(self._file, data)

    def done(self) -> bytes | Spool:
        """The bytes, or the file they are in."""
        if self._file is None:
            return bytes(self._memory)
        return Spool(self._file, self.size, self._digest.hexdigest())

    def _store(self, file: _File, data: bytes) -> None:
        self._digest.update(data)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(file.descriptor, rest) :]


class _Reader(io.RawIOBase):
    """Reads a file that others read too: it has a position of its own."""

    def __init__(self, file: _File, size: int) -> None:
        self._file = file
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        read = os.preadv(self._file.descriptor, [buffer], self._at)
        self._at += read
        return read

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            message = f"before the beginning: {base + offset}"
            raise ValueError(message)
        self._at = base + offset
        return self._at
