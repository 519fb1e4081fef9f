import asyncio

import pytest
from starlette.requests import ClientDisconnect

from detect.service.app import while_connected
from detect.service.body import Body
from detect.service.judge import Job
from detect.service.workers import BusyError, Pool
from tests.detect.service import judges


@pytest.fixture
def job(tmp_path):
    """Return a function that makes a job of a text."""

    def make(text):
        path = tmp_path / text
        path.write_text(text)
        return Job(str(path), text, "mix")

    return make


@pytest.mark.slow
def test_a_worker_is_replaced_when_it_hangs_or_its_client_goes(job):
    restarts = []

    async def work():
        pool = Pool(judges.load, 1, 1.0, restarts.append)
        await pool.start()
        try:
            slow = await pool.judge(job("hang"))
            assert (slow.status, pool.ready) == (422, 0)
            assert slow.text == "expected a recording that is judged in 1 s, got a slower one"
            while not pool.ready:
                await asyncio.sleep(0.01)
            hanging = asyncio.create_task(pool.judge(job("hang")))
            await asyncio.sleep(0.05)
            with pytest.raises(BusyError):  # of the second that both wait for
                await asyncio.gather(hanging, pool.judge(job("next")))
        finally:
            pool.close()

    asyncio.run(work())
    assert restarts[0] == "time"


def test_a_worker_that_cannot_start_is_an_error():
    async def work():
        pool = Pool(judges.fail, 1, 1.0, print)
        with pytest.raises(EOFError):
            await pool.start()
        pool.close()

    asyncio.run(work())


def test_work_for_a_client_that_goes_is_given_up():
    ended = []

    async def receive():
        return {"type": "http.disconnect"}

    async def work():
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def ask():
        with pytest.raises(ClientDisconnect):
            await while_connected(Body(receive), work())
        assert ended == [True]

    asyncio.run(ask())
