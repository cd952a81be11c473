"""A function for tests of its host: says what it was asked, and how many requests it had at once.

The body of a POST says what to do: `sleep 0.2`, `die`, or nothing.
"""

from __future__ import annotations

import asyncio
import json
import os


class StandIn:
    def __init__(self) -> None:
        self.at_once = 0
        self.most_at_once = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await self._answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = head.split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self._do(body.decode())
        said = {
            "request": lines[0],
            "headers": headers,
            "body": body.decode(),
            "pid": os.getpid(),
            "most_at_once": self.most_at_once,
        }
        self.at_once -= 1
        answer = json.dumps(said).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nx-said: a\r\nx-said: b\r\ncontent-length: %d\r\n\r\n%s"
            % (len(answer), b"" if lines[0].startswith("HEAD ") else answer)
        )

    async def _do(self, wish: str) -> None:
        if wish == "die":
            os._exit(9)
        if wish.startswith("sleep "):
            await asyncio.sleep(float(wish.removeprefix("sleep ")))


async def main() -> None:
    function = StandIn()
    server = await asyncio.start_server(function.serve, os.environ["HOST"], int(os.environ["PORT"]))
    await server.serve_forever()


if __name__ == "__main__":
    print("up", flush=True)
    asyncio.run(main())
