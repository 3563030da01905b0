"""Single key presses from a terminal, or from a pipe, without blocking the event loop."""

import asyncio
import sys
import termios
import tty
from collections.abc import AsyncIterator


async def keys() -> AsyncIterator[str]:
    """Each key pressed; ends at end of input. The terminal is put back as it was."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    before = None
    if sys.stdin.isatty():
        before = termios.tcgetattr(sys.stdin)
        tty.setcbreak(sys.stdin)
    try:
        while key := await reader.read(1):
            yield key.decode(errors="ignore")
    finally:
        transport.close()
        if before is not None:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
