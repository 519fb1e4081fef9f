"""Parallel work, in processes of this machine or on the workers of a Dask cluster.

Both take one function and a stream of tasks, and yield results in the order of completion. An
exception in a worker ends the run. A worker that dies does not: its tasks are tried once more, on
this machine each in a process of its own, on a cluster by another worker.
"""

import os
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, TypeVar

from joblib import Parallel, delayed
from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import TerminatedWorkerError

NAMES = ("processes", "dask")

_BATCH = 0.2  # seconds of work in one Dask task, as each costs Dask a millisecond
_MAX_BATCH = 256  # tasks in a batch
_PATIENCE = 10  # seconds in which a scheduler must answer and have a worker

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Executor:
    """Kind and size of the parallel work.

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
    executor: Executor,
    on_crash: Callable[[Task], Result],
    *,
    isolated: bool = False,
) -> Iterator[Result]:
    """Run tasks in parallel.

    Parameters
    ----------
    function : callable
        Runs one task. It and the tasks can be pickled.
    tasks : iterable
        Read as workers become free.
    executor : Executor
    on_crash : callable
        Returns the result of a task that ends every process it runs in.
    isolated : bool
        Give a single job a process of its own, too, so that no task can end this one.

    Yields
    ------
    result
        In the order of completion.

    Raises
    ------
    OSError, ValueError
        If no Dask scheduler answers, or it has no worker.
    """
    tasks = iter(tasks)
    first = list(islice(tasks, 1))
    if not first:
        return  # without starting a process
    tasks = chain(first, tasks)
    if executor.name == "dask":
        yield from _cluster(function, tasks, executor.scheduler, on_crash)
    elif (executor.jobs if executor.jobs > 0 else os.cpu_count()) == 1:
        yield from _one_process(function, tasks, on_crash) if isolated else map(function, tasks)
    else:
        yield from _processes(function, tasks, executor.jobs, on_crash)


def _processes(
    function: Callable[[Any], Any], tasks: Iterable[Any], jobs: int, on_crash: Callable[[Any], Any]
) -> Iterator[Any]:
    # loky restarts a worker whose memory has grown, and no task is lost; a user need not know.
    warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
    numbered_tasks = enumerate(tasks)
    running: dict[int, Any] = {}

    def feed() -> Iterator[Any]:
        for number, task in numbered_tasks:
            running[number] = task
            yield delayed(_numbered)(function, number, task)

    while True:
        try:
            for number, result in Parallel(n_jobs=jobs, return_as="generator_unordered")(feed()):
                del running[number]
                yield result
            return
        except TerminatedWorkerError:
            for number in sorted(running):
                yield _alone(function, running.pop(number), on_crash)


def _one_process(
    function: Callable[[Any], Any], tasks: Iterable[Any], on_crash: Callable[[Any], Any]
) -> Iterator[Any]:
    """Run tasks one after the other in one process, and in another one after it has died."""
    while True:
        pool = ProcessPoolExecutor(max_workers=1)
        try:
            for task in tasks:
                yield pool.submit(function, task).result()
            return
        except BrokenProcessPool:
            yield _alone(function, task, on_crash)
        finally:
            pool.shutdown(kill_workers=True)  # also after an interruption in the middle of a task


def _numbered(function: Callable[[Any], Any], number: int, task: Any) -> tuple[int, Any]:
    return number, function(task)


def _alone(function: Callable[[Any], Any], task: Any, on_crash: Callable[[Any], Any]) -> Any:
    """Run a task in a process of its own."""
    with ProcessPoolExecutor(max_workers=1) as pool:
        try:
            return pool.submit(function, task).result()
        except BrokenProcessPool:
            return on_crash(task)


def _cluster(
    function: Callable[[Any], Any],
    tasks: Iterable[Any],
    address: str,
    on_crash: Callable[[Any], Any],
) -> Iterator[Any]:
    """Run tasks on a Dask cluster.

    joblib's Dask backend is not used: after a task has killed several workers, it waits for ever.
    """
    from distributed import Client, as_completed
    from distributed.scheduler import KilledWorker

    waiting, batch_size = iter(tasks), 1
    running: dict[Any, list[Any]] = {}
    with Client(address, timeout=_PATIENCE, set_as_default=False) as client:
        _await_worker(client, address)
        completed = as_completed(loop=client.loop)
        suspects: list[Any] = []

        def fill() -> None:
            free = 4 * sum(client.nthreads().values()) - len(running)
            for _ in range(max(free, 0 if running else 1)):
                if not (batch := list(islice(waiting, batch_size))):
                    break
                future = client.submit(_run_batch, function, batch, pure=False)
                running[future] = batch
                completed.add(future)

        fill()
        for future in completed:
            batch = running.pop(future)
            try:
                results, seconds = future.result()
            except KilledWorker:
                suspects += batch
            else:
                fitting = round(len(batch) * _BATCH / max(seconds, 1e-6))
                batch_size = max(1, min(fitting, 2 * len(batch), _MAX_BATCH))
                yield from results
            fill()
        # Dask blames all tasks of a dead worker; run alone, the cause shows.
        for task in suspects:
            try:
                yield client.submit(function, task, pure=False).result()
            except KilledWorker:
                yield on_crash(task)


def _await_worker(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError as error:
        raise ValueError(
            f"expected a worker at the Dask scheduler {address}, got none in {_PATIENCE} s"
        ) from error


def _run_batch(function: Callable[[Any], Any], tasks: list[Any]) -> tuple[list[Any], float]:
    """Run several tasks; returns their results and the seconds they took."""
    start = time.perf_counter()
    return [function(task) for task in tasks], time.perf_counter() - start
