"""What every request passes first: who may ask, and how it is counted."""

import hmac
import time
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from detect.address import LOCAL
from detect.service.body import Body
from detect.service.metrics import Metrics
from detect.service.refusal import Refusal

OPEN = ("/healthz", "/docs", "/openapi.json")  # paths that need no key


class Guard:
    """Refuse strangers, and count and time all requests.

    Parameters
    ----------
    app : ASGI application
    key : str
        Empty for none: then only names of this machine may stand in the header ``Host``, or a site
        that points its own name here could read the answers.
    paths : collection of str
        Those that are counted by name.
    metrics : Metrics
    """

    def __init__(self, app: ASGIApp, *, key: str, paths: Collection[str], metrics: Metrics) -> None:
        self._app, self._key, self._paths, self._metrics = app, key, paths, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, as ASGI describes it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin, path = time.perf_counter(), scope["path"]
        name = path if path in self._paths else "other"

        async def count(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._metrics.count_request(name, message["status"], time.perf_counter() - begin)
            await send(message)

        answer = self._refusal(path, Headers(scope=scope)) or self._app
        await answer(scope, Body(receive), count)

    def _refusal(self, path: str, headers: Headers) -> Refusal | None:
        if not self._key:
            host = headers.get("host", "")
            if _without_port(host) in LOCAL:
                return None
            return Refusal(421, f"expected localhost in the header Host, got {host or 'none'}")
        if path in OPEN or hmac.compare_digest(
            headers.get("authorization", "").encode(), f"Bearer {self._key}".encode()
        ):
            return None
        sentence = "expected the header Authorization with Bearer and the key, got another or none"
        return Refusal(401, sentence, {"WWW-Authenticate": "Bearer"})


def _without_port(host: str) -> str:
    r"""Take the name out of the header Host.

    Examples
    --------
    >>> _without_port("localhost:80"), _without_port("[::1]:80"), _without_port("127.0.0.1")
    ('localhost', '::1', '127.0.0.1')
    """
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    return name.strip("[]")
