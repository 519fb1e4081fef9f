import asyncio

import uvicorn
from uvicorn.server import ServerState

from detect.service import server


async def answer(scope, receive, send):
    await send({"type": "http.response.start", "status": 204})
    await send({"type": "http.response.body"})


def test_a_connection_without_a_request_in_time_is_closed(monkeypatch):
    monkeypatch.setattr(server, "_HEAD_S", 0.05)

    async def work(sent):
        config = uvicorn.Config(answer, ws="none", log_config=None)
        loop = asyncio.get_running_loop()
        listening = await loop.create_server(
            lambda: server.Protocol(config, ServerState(), {}), "127.0.0.1", 0
        )
        async with listening:
            address = listening.sockets[0].getsockname()
            reader, writer = await asyncio.open_connection(*address)
            writer.write(sent)
            received = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            await writer.wait_closed()
            return received

    assert asyncio.run(work(b"GET / HT")) == b""
    text = asyncio.run(work(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET"))
    assert text.startswith(b"HTTP/1.1 204")
