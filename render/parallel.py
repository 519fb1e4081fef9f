"""Where the work is done: in processes of this machine, or on the workers of a Dask cluster.

Both take the same function and the same stream of tasks and give results as they come to an end.
What a worker raises ends the run, as it would without one. A worker that dies does not: here, what
it had at hand is tried once more, each task in a process of its own; there, Dask gives it to
another worker.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, TypeVar

from joblib import Parallel, delayed
from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import TerminatedWorkerError

NAMES = ("processes", "dask")

_BATCH = 0.2  # seconds of work that a Dask worker gets at once: a task costs Dask a millisecond
_MOST = 256  # tasks in that
_PATIENCE = 10  # seconds in which a scheduler must answer and a worker be there

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Executor:
    """Where and how widely to work.

    Attributes
    ----------
    name : str
        ``"processes"`` or ``"dask"``.
    jobs : int
        Processes; -1 for one a core. Dask has as many as its workers have threads.
    scheduler : str
        Address of a Dask scheduler, such as ``"tcp://127.0.0.1:8786"``.
    """

    name: str = "processes"
    jobs: int = -1
    scheduler: str = ""

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise ValueError(f"expected an engine among {', '.join(NAMES)}, got {self.name}")
        if self.jobs < 1 and self.jobs != -1:
            raise ValueError(f"expected 1 job or more, or -1 for one a core, got {self.jobs}")
        if (self.name == "dask") != bool(self.scheduler):
            raise ValueError(
                "expected the address of a scheduler with the engine dask, and only with it, got "
                f"the engine {self.name} and {self.scheduler or 'no address'}"
            )


def run_tasks(
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    engine: Executor,
    lost: Callable[[Task], Result],
) -> Iterator[Result]:
    """Do tasks in parallel.

    Parameters
    ----------
    function : callable
        Does one task. It and the tasks can be pickled.
    tasks : iterable
        Read as workers become free.
    engine : Executor
    lost : callable
        Gives the result of a task that ends every process it is done in.

    Yields
    ------
    result
        In the order in which they come to an end.

    Raises
    ------
    OSError, ValueError
        If no Dask scheduler answers, or it has no worker.
    """
    tasks = iter(tasks)
    first = list(islice(tasks, 1))
    if not first:
        return  # and nothing is started for it
    tasks = chain(first, tasks)
    if engine.name == "dask":
        yield from _cluster(function, tasks, engine.scheduler, lost)
    elif (engine.jobs if engine.jobs > 0 else os.cpu_count()) == 1:
        yield from map(function, tasks)
    else:
        yield from _processes(function, tasks, engine.jobs, lost)


def _processes(
    function: Callable[[Any], Any], tasks: Iterable[Any], jobs: int, lost: Callable[[Any], Any]
) -> Iterator[Any]:
    left = enumerate(tasks)
    begun: dict[int, Any] = {}

    def feed() -> Iterator[Any]:
        for number, task in left:
            begun[number] = task
            yield delayed(_numbered)(function, number, task)

    while True:
        try:
            for number, result in Parallel(n_jobs=jobs, return_as="generator_unordered")(feed()):
                del begun[number]
                yield result
            return
        except TerminatedWorkerError:
            for number in sorted(begun):
                yield _alone(function, begun.pop(number), lost)


def _numbered(function: Callable[[Any], Any], number: int, task: Any) -> tuple[int, Any]:
    return number, function(task)


def _alone(function: Callable[[Any], Any], task: Any, lost: Callable[[Any], Any]) -> Any:
    """Do a task in a process that nothing else depends on."""
    with ProcessPoolExecutor(max_workers=1) as pool:
        try:
            return pool.submit(function, task).result()
        except BrokenProcessPool:
            return lost(task)


def _cluster(
    function: Callable[[Any], Any], tasks: Iterable[Any], address: str, lost: Callable[[Any], Any]
) -> Iterator[Any]:
    """Do tasks on a Dask cluster.

    joblib's Dask backend is not used: when a task has ended several workers, it waits for ever.
    """
    try:
        from distributed import Client, as_completed
        from distributed.scheduler import KilledWorker
    except ModuleNotFoundError as error:
        raise ValueError(
            "expected the package distributed for the engine dask, got none: install the extra dask"
        ) from error
    left, count = iter(tasks), 1
    begun: dict[Any, list[Any]] = {}
    with Client(address, timeout=_PATIENCE, set_as_default=False) as client:
        _await_worker(client, address)
        ended = as_completed(loop=client.loop)
        suspects: list[Any] = []

        def fill() -> None:
            room = 4 * sum(client.nthreads().values()) - len(begun)
            for _ in range(max(room, 0 if begun else 1)):
                if not (batch := list(islice(left, count))):
                    break
                future = client.submit(_each, function, batch, pure=False)
                begun[future] = batch
                ended.add(future)

        fill()
        for future in ended:
            batch = begun.pop(future)
            try:
                results, seconds = future.result()
            except KilledWorker:
                suspects += batch
            else:
                fitting = round(len(batch) * _BATCH / max(seconds, 1e-6))
                count = max(1, min(fitting, 2 * len(batch), _MOST))
                yield from results
            fill()
        # Dask blames whatever was at a worker that died; only a task that is alone is the cause.
        for task in suspects:
            try:
                yield client.submit(function, task, pure=False).result()
            except KilledWorker:
                yield lost(task)


def _await_worker(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError as error:
        raise ValueError(
            f"expected a worker at the Dask scheduler {address}, got none in {_PATIENCE} s"
        ) from error


def _each(function: Callable[[Any], Any], tasks: list[Any]) -> tuple[list[Any], float]:
    """Do several tasks; the results, and the seconds that it took."""
    begun = time.perf_counter()
    return [function(task) for task in tasks], time.perf_counter() - begun
