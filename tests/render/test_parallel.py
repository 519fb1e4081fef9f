import os
import subprocess
import sys
import time

import pytest
from joblib.externals.loky import get_reusable_executor, process_executor

from render import parallel
from render.parallel import Executor, run_tasks

DEADLY = (2, 8)


def square(number):
    """Run a task; two of them end their process, as a decoder that crashes would."""
    if number in DEADLY:
        os._exit(1)
    return number**2


def fail(number):
    raise OSError(f"no space for {number}")


def task_name(seconds):
    """Run a task that lasts; returns the name of the Dask task it came in."""
    import distributed

    time.sleep(seconds)
    return distributed.get_worker().get_current_task()


def on_crash(number):
    return -number


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_every_task_is_done_once(jobs):
    results = run_tasks(
        square, [number + 100 for number in range(50)], Executor(jobs=jobs), on_crash
    )
    assert sorted(results) == [(number + 100) ** 2 for number in range(50)]


@pytest.mark.slow
def test_a_task_that_ends_its_process_is_lost_alone():
    # Few tasks: all that were under way when one ended are run again, half a second each.
    results = sorted(run_tasks(square, range(10), Executor(jobs=2), on_crash))
    assert results == sorted(-n if n in DEADLY else n**2 for n in range(10))


@pytest.mark.slow
def test_a_single_job_may_have_a_process_of_its_own_that_a_task_can_end():
    results = run_tasks(square, range(4), Executor(jobs=1), on_crash, isolated=True)
    assert list(results) == [0, 1, -2, 9]


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_task_raises_ends_the_work(jobs):
    with pytest.raises(OSError, match="no space"):
        list(run_tasks(fail, range(50), Executor(jobs=jobs), on_crash))


def test_tasks_are_read_as_they_are_needed():
    read = []
    results = run_tasks(
        square, (read.append(n) or n for n in range(100, 100_000)), Executor(jobs=1), on_crash
    )
    next(results)
    assert len(read) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "threads"}, "expected an engine among processes, dask, got threads"),
        ({"jobs": 0}, "expected 1 job or more, or -1"),
        ({"name": "dask"}, "expected the address of a scheduler"),
        ({"scheduler": "tcp://x:1"}, "expected the address of a scheduler"),
    ],
)
def test_an_impossible_executor_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Executor(**options)


@pytest.mark.slow
def test_work_on_a_cluster_is_done_once_and_a_deadly_task_is_lost_alone(cluster):
    results = sorted(
        run_tasks(square, range(60), Executor("dask", scheduler=cluster.address), on_crash)
    )
    assert results == sorted(-n if n in DEADLY else n**2 for n in range(60))


@pytest.mark.slow
def test_a_cluster_gets_many_short_tasks_at_once_and_long_ones_alone(cluster):
    executor = Executor("dask", scheduler=cluster.address)
    short = list(run_tasks(task_name, [0.0] * 2_000, executor, on_crash))
    assert len(short) == 2_000
    assert len({*short}) < 200
    long = list(run_tasks(task_name, [0.3] * 6, executor, on_crash))
    assert len({*long}) == 6


@pytest.mark.slow
def test_what_a_task_raises_on_a_cluster_ends_the_work(cluster):
    with pytest.raises(OSError, match="no space"):
        list(run_tasks(fail, range(50), Executor("dask", scheduler=cluster.address), on_crash))


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_an_error(monkeypatch):
    monkeypatch.setattr(parallel, "_PATIENCE", 1)
    with pytest.raises(OSError, match="127.0.0.1:9"):
        list(run_tasks(square, range(3), Executor("dask", scheduler="tcp://127.0.0.1:9"), on_crash))


@pytest.mark.slow
def test_a_worker_that_loky_restarts_is_no_matter_for_the_user(recwarn):
    def grow(number):
        """Let loky believe that this process leaks memory."""
        process_executor._MAX_MEMORY_LEAK_SIZE = -1e12
        process_executor._MEMORY_LEAK_CHECK_DELAY = 0
        return number, os.getpid()

    get_reusable_executor().shutdown()
    results = list(run_tasks(grow, range(40), Executor(jobs=2), lambda number: None))
    get_reusable_executor().shutdown()
    assert sorted(number for number, _ in results) == list(range(40))
    assert len({process for _, process in results}) > 2  # or nothing was restarted
    assert not [warning for warning in recwarn if "worker stopped" in str(warning.message)]


@pytest.mark.slow
def test_one_job_computes_with_one_thread_as_each_of_several_does():
    # With more threads, sums are rounded otherwise, and so are a few pixels.
    code = "import render.cli\ntry: render.cli.main(['--help'])\nexcept SystemExit: pass\n"
    code += "import numpy, threadpoolctl\n"
    code += "print([pool['num_threads'] for pool in threadpoolctl.threadpool_info()])"
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "2"}
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[1]"
