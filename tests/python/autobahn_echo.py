"""Makes an echo server of a Tidings server, for a test suite that wants one.

Each connection gets a thread of its own. The payload of a text message becomes the body of a
`post_message`, byte by byte and frame by frame, so that what is wrong with a frame stays wrong; the
event that comes back becomes a text message again. All other frames pass as they are.
"""

import asyncio
import contextlib
import json
import struct
import uuid

TEXT, CONTINUATION, CONTROL = 0x1, 0x0, 0x8
FIN, RESERVED, MASKED = 0x80, 0x70, 0x80

# Put behind short messages and taken away again, since Tidings takes none that shows nothing.
END = "(end)"
SHORT_BYTES_MAX = 1000


def mask(payload: bytes, key: bytes) -> bytes:
    """Masks or unmasks (RFC 6455, 5.3)."""
    return bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))


def frame(first: int, payload: bytes, key: bytes = b"") -> bytes:
    """A frame of its first byte and payload; masked, if there is a key."""
    flag = MASKED if key else 0
    if len(payload) < 126:
        header = struct.pack("!BB", first, flag | len(payload))
    elif len(payload) < 1 << 16:
        header = struct.pack("!BBH", first, flag | 126, len(payload))
    else:
        header = struct.pack("!BBQ", first, flag | 127, len(payload))
    return header + key + (mask(payload, key) if key else payload)


async def read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes, bytes]:
    """First byte, payload and key of the next frame, whatever is wrong with it."""
    first, second = await reader.readexactly(2)
    length = second & ~MASKED
    if length == 126:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
    elif length == 127:
        (length,) = struct.unpack("!Q", await reader.readexactly(8))
    key = await reader.readexactly(4) if second & MASKED else b""
    payload = await reader.readexactly(length)
    return first, mask(payload, key) if key else payload, key


def escape(payload: bytes) -> bytes:
    """As a part of a JSON string. What is not UTF-8 stays so."""
    special = {ord('"'): b'\\"', ord("\\"): b"\\\\"}
    control = {byte: b"\\u%04x" % byte for byte in range(0x20)}
    table = special | control
    return b"".join(table.get(byte) or bytes([byte]) for byte in payload)


class Connection:
    """One connection of the suite, with its own to the server."""

    def __init__(self, server: "EchoServer"):
        self.server = server
        self.key = str(uuid.uuid4())
        self.thread = ""
        self.last_id = 10
        # Of the text message that is being sent: whether there is one, and its bytes so far.
        self.in_text, self.bytes = False, 0

    def wrap(self, first: int, payload: bytes) -> bytes:
        """The payload that takes the place of this one."""
        opcode = first & 0x0F
        if first & RESERVED or opcode & CONTROL:
            return payload
        begins = opcode == TEXT and not self.in_text
        if begins:
            self.in_text, self.bytes = True, 0
        elif not (self.in_text and opcode == CONTINUATION):
            return payload
        self.bytes += len(payload)
        wrapped = self.head() if begins else b""
        wrapped += escape(payload)
        if first & FIN:
            self.in_text = False
            wrapped += END.encode() if self.bytes <= SHORT_BYTES_MAX else b""
            wrapped += b'"}}}'
        return wrapped

    def head(self) -> bytes:
        """The beginning of a post, up to its text."""
        self.last_id += 1
        return (
            f'{{"id":{self.last_id},"command":{{"post_message":{{"thread":"{self.thread}",'
            f'"key":"{uuid.uuid4()}","body":"'
        ).encode()

    def unwrap(self, payload: bytes) -> str | None:
        """The text of a message that came back."""
        kind = json.loads(payload).get("event", {}).get("kind", {})
        body = kind.get("message_posted", {}).get("body")
        return body and body.removesuffix(END)

    async def enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Starts a thread and joins it; nothing of that is seen by the suite."""

        async def ask(number: int, **command: dict) -> dict:
            text = json.dumps({"id": number, "command": command}).encode()
            writer.write(frame(FIN | TEXT, text, b"\x01\x02\x03\x04"))
            while True:
                _, payload, _ = await read_frame(reader)
                reply = json.loads(payload).get("reply", {})
                if reply.get("id") == number:
                    return reply["outcome"]["ok"]

        created = await ask(
            1, create_thread={"account": self.server.account, "key": self.key, "body": "Echo"}
        )
        self.thread = created["thread_created"]["thread"]
        await ask(2, join={"thread": self.thread, "after": created["thread_created"]["head"]})

    async def to_server(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            first, payload, key = await read_frame(reader)
            writer.write(frame(first, self.wrap(first, payload), key))
            await writer.drain()

    async def to_suite(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            first, payload, _ = await read_frame(reader)
            if first == FIN | TEXT:
                text = self.unwrap(payload)
                if text is None:
                    continue
                payload = text.encode()
            writer.write(frame(first, payload))
            await writer.drain()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves the suite until either side ends the connection."""
        host, port = self.server.upstream.rsplit(":", 1)
        up_reader, up_writer = await asyncio.open_connection(host, port)
        request = await reader.readuntil(b"\r\n\r\n")
        token = f"Authorization: Bearer {self.server.token}\r\n\r\n"
        up_writer.write(request[:-2] + token.encode())
        response = await up_reader.readuntil(b"\r\n\r\n")
        if b" 101 " in response.split(b"\r\n")[0]:
            await self.enter(up_reader, up_writer)
        writer.write(response)
        await asyncio.gather(
            relay(self.to_server(reader, up_writer), up_writer),
            relay(self.to_suite(up_reader, writer), writer),
        )


async def relay(frames, writer: asyncio.StreamWriter) -> None:
    """Passes frames on, and then that there are no more."""
    with contextlib.suppress(asyncio.IncompleteReadError, OSError):
        await frames
    with contextlib.suppress(OSError):
        writer.write_eof()


class EchoServer:
    """Listens while it is entered."""

    def __init__(self, upstream: str, token: str, account: str):
        self.upstream, self.token, self.account = upstream, token, account
        self.address = ""
        self.open: set[asyncio.Task] = set()

    async def __aenter__(self) -> "EchoServer":
        self.listening = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        host, port = self.listening.sockets[0].getsockname()
        self.address = f"{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.listening.close()
        for task in list(self.open):
            task.cancel()
        await asyncio.gather(*self.open, return_exceptions=True)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self.open.add(task)
        try:
            await Connection(self).serve(reader, writer)
        # Cancelled when the run is over: nobody asks for how this ended.
        except (asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            pass
        finally:
            self.open.discard(task)
            writer.close()
