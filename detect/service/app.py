"""The service as an ASGI application: its paths, and what each does."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from detect.arguments import EACH, MIX
from detect.service import openapi, refusal
from detect.service.body import Body, saved
from detect.service.guard import Guard
from detect.service.judge import Answer, Job
from detect.service.limits import Limits
from detect.service.metrics import Metrics
from detect.service.workers import BusyError, LoadJudge, Pool


class Service:
    """The places for requests, the workers, and what each path answers.

    Parameters
    ----------
    load : callable
        Loads a worker's judge, see `detect.service.workers.Worker`.
    limits : Limits
    card : dict
        See `detect.service.card`.
    metrics : Metrics
    """

    def __init__(
        self, load: LoadJudge, limits: Limits, card: dict[str, Any], metrics: Metrics
    ) -> None:
        self._limits, self._metrics = limits, metrics
        self._pool = Pool(load, limits.workers, limits.work_s, metrics.count_restart)
        self._taken, self._latest_s = 0, 0.0
        self._schema, self._card = openapi.schema(limits), card
        metrics.gauge("queue_length", "Requests waiting", lambda: self._pool.waiting)
        metrics.gauge("requests_taken", "Requests in work or waiting", lambda: self._taken)

    @property
    def routes(self) -> list[Route]:
        """All paths."""
        return [
            Route("/v1/detect", self.detect, methods=["POST"]),
            Route("/v1/model", self.model),
            Route("/healthz", self.health),
            Route("/metrics", self.read_metrics),
            Route("/openapi.json", self.schema),
            Route("/docs", self.docs),
        ]

    @asynccontextmanager
    async def workers(self, app: Starlette) -> AsyncIterator[None]:
        """Run the workers while the context is open."""
        try:
            await self._pool.start()
            yield
        finally:
            self._pool.close()

    async def detect(self, request: Request) -> Response:
        """Judge a recording."""
        channels = request.query_params.get("channels", MIX)
        if channels not in (MIX, EACH):
            raise HTTPException(422, f"expected channels={MIX} or channels={EACH}, got {channels}")
        body = request.receive
        assert isinstance(body, Body)  # of the guard
        with self._place():
            async with saved(request, body, self._limits) as upload:
                job = Job(str(upload.path), upload.name, channels)
                answer = await self._judge(job, body)
        if answer.status != 200:
            raise HTTPException(answer.status, answer.text)
        return Response(answer.text, media_type="application/json")

    @contextmanager
    def _place(self) -> Iterator[None]:
        """Hold one of the places for requests."""
        places = self._limits.places
        if self._taken >= places:
            raise self._later(429, f"expected at most {places} requests at a time, got more")
        begin = time.monotonic()
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1
            self._latest_s = time.monotonic() - begin

    async def _judge(self, job: Job, body: Body) -> Answer:
        try:
            return await while_connected(body, self._pool.judge(job))
        except BusyError as error:
            seconds = f"{self._limits.work_s:g} s"
            raise self._later(503, f"expected a free worker within {seconds}, got none") from error

    def _later(self, status: int, sentence: str) -> HTTPException:
        """Refuse a request until about as much time has passed as the latest one took."""
        seconds = min(max(1, math.ceil(self._latest_s)), math.ceil(self._limits.work_s))
        return HTTPException(status, sentence, {"Retry-After": str(seconds)})

    async def model(self, request: Request) -> Response:
        """Describe the run."""
        return JSONResponse(self._card)

    async def health(self, request: Request) -> Response:
        """Say whether a recording could be judged."""
        if not self._pool.ready:
            raise self._later(503, "expected a worker that is ready, got none")
        return JSONResponse({"status": "ok"})

    async def read_metrics(self, request: Request) -> Response:
        """Write the metrics."""
        return Response(self._metrics.text(), media_type=CONTENT_TYPE_LATEST)

    async def schema(self, request: Request) -> Response:
        """Describe all paths to programs."""
        return JSONResponse(self._schema)

    async def docs(self, request: Request) -> Response:
        """Describe all paths to people."""
        return HTMLResponse(openapi.page(self._schema))


async def while_connected(body: Body, work: Coroutine[Any, Any, Answer]) -> Answer:
    """Await work, and cancel it if the client goes.

    Raises
    ------
    starlette.requests.ClientDisconnect
    """
    tasks = asyncio.create_task(work), asyncio.create_task(_gone(body))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if not tasks[0].done():
            raise ClientDisconnect
        return tasks[0].result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _gone(body: Body) -> None:
    while (await body())["type"] != "http.disconnect":
        pass


def application(load: LoadJudge, limits: Limits, card: dict[str, Any], key: str = "") -> Starlette:
    """Make the application.

    Parameters
    ----------
    load, limits, card
        See `Service`.
    key : str
        That clients must send; empty for none.
    """
    metrics = Metrics()
    service = Service(load, limits, card, metrics)
    paths = frozenset(route.path for route in service.routes)
    return Starlette(
        routes=service.routes,
        middleware=[Middleware(Guard, key=key, paths=paths, metrics=metrics)],
        exception_handlers={
            404: refusal.wrong_path,
            405: refusal.wrong_method,
            HTTPException: refusal.refuse,
            ClientDisconnect: refusal.gone,
            Exception: refusal.failed,
        },
        lifespan=service.workers,
    )
