"""Processes that judge recordings, one at a time each, and can be killed at any moment.

A file that hangs or crashes a worker costs that worker: it is killed, and another takes its place.
"""

import asyncio
import multiprocessing
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from detect.service.judge import Answer, Job, Judge
from render.console import one_line

MEMORY = 2 << 30  # bytes that a worker may allocate
_RETRY_S = 1.0  # until the start of a worker is tried again
_SPAWN = multiprocessing.get_context("spawn")  # a fork would copy the service's threads' locks

LoadJudge = Callable[[], Judge]


class BusyError(Exception):
    """No worker was free in time."""


class Worker:
    """A process with a loaded judge.

    Parameters
    ----------
    load : callable
        Called in the process; gives the function that judges.
    """

    def __init__(self, load: LoadJudge) -> None:
        self._connection, other_end = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_work, args=(other_end, load), daemon=True)
        self._process.start()
        other_end.close()

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.is_alive()

    async def ready(self) -> None:
        """Wait until the judge is loaded; EOFError if the process dies before."""
        await self._receive()

    async def judge(self, job: Job) -> Answer:
        """Judge a recording; EOFError or OSError if the process dies."""
        self._connection.send(job)
        return await self._receive()

    async def _receive(self) -> Any:
        loop, number = asyncio.get_running_loop(), self._connection.fileno()
        arrived = asyncio.Event()
        loop.add_reader(number, arrived.set)
        try:
            await arrived.wait()
        finally:
            loop.remove_reader(number)
        return self._connection.recv()

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.join(1)
        self._connection.close()


def _work(connection: Connection, load: LoadJudge) -> None:
    """Judge what comes through a connection, until the other end is closed."""
    for number in (signal.SIGINT, signal.SIGTERM):  # of the group: the service finishes its work
        signal.signal(number, signal.SIG_IGN)
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    limit = MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, most))
    try:
        judge = load()
    except (OSError, ValueError) as error:
        sys.exit(f"serve: {one_line(error)}")
    with suppress(EOFError, BrokenPipeError):
        connection.send(None)
        while True:
            connection.send(judge(connection.recv()))


class Pool:
    """Workers that share a queue.

    Parameters
    ----------
    load : callable
        See `Worker`.
    workers : int
    seconds : float
        After which a worker that has not answered is killed, and a request gives up waiting.
    on_restart : callable
        Called with the reason when a worker is replaced: "time", "death" or "disconnect".

    Attributes
    ----------
    waiting : int
        Jobs that wait for a worker.
    ready : int
        Workers that have loaded their judge.
    """

    def __init__(
        self, load: LoadJudge, workers: int, seconds: float, on_restart: Callable[[str], None]
    ) -> None:
        self._load, self._size, self._seconds = load, workers, seconds
        self._on_restart = on_restart
        self._free: asyncio.Queue[Worker] = asyncio.Queue()
        self._workers: set[Worker] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self.waiting = self.ready = 0

    async def start(self) -> None:
        """Start the workers, and wait until all can judge.

        Raises
        ------
        EOFError
            If one dies while it loads its judge.
        """
        await asyncio.gather(*(self._start() for _ in range(self._size)))

    def close(self) -> None:
        """End all workers at once."""
        for task in self._starting:
            task.cancel()
        while self._workers:
            self._workers.pop().kill()

    async def judge(self, job: Job) -> Answer:
        """Judge a recording by the next worker that is free.

        A worker that takes too long, dies, or works for a client that has gone is replaced.

        Raises
        ------
        BusyError
            If no worker was free in time.
        """
        worker = await self._next()
        reason = "disconnect"
        try:
            async with asyncio.timeout(self._seconds):
                answer = await worker.judge(job)
            reason = ""
        except TimeoutError:
            reason = "time"
            text = f"expected a recording that is judged in {self._seconds:g} s, got a slower one"
            answer = Answer(422, text)
        except (EOFError, OSError):
            reason = "death"
            answer = Answer(422, "expected a recording that can be judged, got one that failed")
        finally:
            if reason:
                self._replace(worker, reason)
            else:
                self._free.put_nowait(worker)
        return answer

    async def _next(self) -> Worker:
        self.waiting += 1
        try:
            async with asyncio.timeout(self._seconds):
                while not (worker := await self._free.get()).is_alive:
                    self._replace(worker, "death")
        except TimeoutError as error:
            raise BusyError from error
        finally:
            self.waiting -= 1
        return worker

    def _replace(self, worker: Worker, reason: str) -> None:
        self._on_restart(reason)
        self.ready -= 1
        self._workers.remove(worker)
        worker.kill()
        task = asyncio.create_task(self._restart())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _restart(self) -> None:
        while True:
            try:
                return await self._start()
            except (EOFError, OSError):  # the worker's own error is on standard error
                await asyncio.sleep(_RETRY_S)

    async def _start(self) -> None:
        worker = Worker(self._load)
        self._workers.add(worker)
        try:
            await worker.ready()
        except BaseException:
            self._workers.discard(worker)
            worker.kill()
            raise
        self.ready += 1
        self._free.put_nowait(worker)
