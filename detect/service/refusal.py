"""Answers that refuse a request: one plain sentence in JSON."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from detect.service.body import Body

GONE = 499  # nginx's status for a client that has gone; nobody reads it
_LINGER_S = 5.0  # in which what a client still sends is read, so that it gets to its answer


class Refusal(JSONResponse):
    """A sentence as the answer.

    A connection that is closed while the client sends is reset, and the answer lost: the rest of
    the body is received, and thrown away, for some seconds.

    Parameters
    ----------
    status : int
    sentence : str
    headers : dict of str, optional
    """

    def __init__(
        self, status: int, sentence: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__({"error": sentence}, status, headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, as ASGI describes it."""
        start = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **start})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_S):
                while isinstance(receive, Body) and not receive.ended:
                    await receive()
        await send({"type": "http.response.body"})


async def refuse(request: Request, error: Exception) -> Refusal:
    """Answer an error that was meant to be an answer."""
    assert isinstance(error, HTTPException)
    return Refusal(error.status_code, error.detail, error.headers)


async def wrong_path(request: Request, error: Exception) -> Refusal:
    """Answer a request for what there is not."""
    return Refusal(404, f"expected a path that /docs lists, got {request.url.path}")


async def wrong_method(request: Request, error: Exception) -> Refusal:
    """Answer a request with a method that its path does not have."""
    assert isinstance(error, HTTPException)
    allowed = (error.headers or {}).get("Allow", "another method")
    return Refusal(405, f"expected {allowed}, got {request.method}", error.headers)


async def gone(request: Request, error: Exception) -> Refusal:
    """Answer a client that does not listen any more."""
    return Refusal(GONE, "expected a client that waits, got one that has gone")


async def failed(request: Request, error: Exception) -> Refusal:
    """Answer a request that met an error of this program; the server writes it to its log."""
    return Refusal(
        500, f"expected an answer, got an error of this program ({type(error).__name__})"
    )
