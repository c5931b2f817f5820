"""A chat endpoint that costs almost nothing: what is measured against it is the client.

    python -m benchmarks.chat_server --latency 0.05

It reads each request whole, waits, and answers a vote. The first line of output says where it
listens; it ends when its standard input does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"


def _response() -> bytes:
    message = {"role": "assistant", "content": '{"vote": 1}', "refusal": None}
    body = json.dumps(
        {
            "id": "chatcmpl-benchmark",
            "object": "chat.completion",
            "created": 0,
            "model": "gpt-4o",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 6, "total_tokens": 1006},
        }
    ).encode()
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


RESPONSE = _response()


class Endpoint(asyncio.Protocol):
    """One connection: requests one after the other."""

    def __init__(self, latency_s: float) -> None:
        self._latency_s = latency_s
        self._head = b""
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where answers go."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Count a request's bytes; answer when all are there."""
        if not self._missing:
            self._head += data
            head, end, rest = self._head.partition(HEAD_END)
            if not end:
                return
            self._head, data = b"", rest
            lines = head.lower().split(b"\r\n")
            lengths = [int(line[len(LENGTH) :]) for line in lines if line.startswith(LENGTH)]
            self._missing = lengths[0] if lengths else 0
        self._missing -= len(data)
        if self._missing <= 0:
            self._missing = 0
            asyncio.get_running_loop().call_later(self._latency_s, self._answer)

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(RESPONSE)


async def _serve(latency_s: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Endpoint(latency_s), "127.0.0.1", 0, backlog=4096)
    port = server.sockets[0].getsockname()[1]
    print(f"listening on http://127.0.0.1:{port}/v1", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds before each answer")
    asyncio.run(_serve(parser.parse_args().latency))


if __name__ == "__main__":
    main()
