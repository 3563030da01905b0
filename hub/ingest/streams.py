"""What every TCP conversation with a peer has in common, whoever opened it."""

from asyncio import StreamWriter

READ_BYTES = 4096
MAX_UNREAD = 64 * 1024
"""Bytes a peer may leave unread, here and as much again in the kernel, before it is
disconnected."""


def send(writer: StreamWriter, messages: list[bytes]) -> None:
    """Send to a peer without waiting for it; one that never reads is disconnected."""
    transport = writer.transport
    if not any(messages) or transport.is_closing():
        return
    writer.write(b"".join(messages))
    if transport.get_write_buffer_size() > MAX_UNREAD:
        transport.abort()


def address(writer: StreamWriter) -> str:
    """The address a peer calls from; "" when it is gone."""
    name = writer.get_extra_info("peername")
    return str(name[0]) if name else ""
