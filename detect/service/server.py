"""The HTTP server: uvicorn, with a limit on the time that a client takes to say what it wants."""

import asyncio
import logging
import socket
import sys
from contextlib import suppress

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

_HEAD_S = 10.0  # for the head of a request, from the opening or the answer before


class Protocol(H11Protocol):
    """A connection, closed if no head of a request has come in time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._expect_head()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        self._expect_head()

    def _expect_head(self) -> None:
        self.loop.call_later(_HEAD_S, self._close_without_head, self.cycle)

    def _close_without_head(self, cycle: object) -> None:
        if self.cycle is cycle:
            self.timeout_keep_alive_handler()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, address: str) -> None:
        super().__init__(config)
        self._address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        log = logging.getLogger("uvicorn.error")
        log.disabled = True  # it would get a traceback of what the worker has said in one line
        try:
            await super().startup(sockets)
        except SystemExit as error:
            raise ValueError("expected workers that start, got one that ended") from error
        finally:
            log.disabled = False
        print(f"serve: {self._address} (Ctrl-C ends it)", file=sys.stderr, flush=True)


def run(application: Starlette, listener: socket.socket, address: str) -> None:
    """Serve an application until SIGTERM or Ctrl-C; what was begun is answered first.

    Parameters
    ----------
    application : Starlette
    listener : socket.socket
    address : str
        Printed on standard error when requests are answered.

    Raises
    ------
    ValueError
        If a worker ends while it starts; it says why on standard error.
    """
    config = uvicorn.Config(
        application,
        http=Protocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    with suppress(KeyboardInterrupt):  # uvicorn raises the signal again once it has ended
        _Server(config, address).run([listener])
