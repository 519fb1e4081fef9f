import asyncio
import errno
import os

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from detect.service.body import Body, saved
from detect.service.limits import Limits
from detect.service.refusal import Refusal

SCOPE = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}


def receiving(*parts, then=None):
    """A body of parts, which then ends, or else waits or disconnects."""
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages.append(then or {"type": "http.request", "body": b"", "more_body": False})

    async def receive():
        if messages[0] == "wait":
            await asyncio.sleep(60)
        return messages.pop(0)

    return Body(receive)


def save(body, **limits):
    """The bytes that are saved of a body."""

    async def work():
        async with saved(Request(SCOPE, body), body, Limits(**limits)) as upload:
            return upload.path.read_bytes()

    return asyncio.run(work())


@pytest.fixture(autouse=True)
def _nothing_stays(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    yield
    assert list(tmp_path.iterdir()) == []


def test_a_body_is_saved_until_the_context_ends():
    assert save(receiving(b"12", b"3")) == b"123"


def test_a_client_that_is_too_slow_is_given_up():
    with pytest.raises(HTTPException) as error:
        save(receiving(b"12", then="wait"), upload_s=0.02)
    assert error.value.status_code == 408
    assert error.value.detail == "expected the whole body within 0.02 s, got a part of it"


def test_a_client_that_goes_leaves_nothing():
    with pytest.raises(ClientDisconnect):
        save(receiving(b"12", then={"type": "http.disconnect"}))


def test_a_full_disk_is_told_to_the_client(monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pathlib.Path.open", fail)
    with pytest.raises(HTTPException) as error:
        save(receiving(b"12"))
    assert error.value.status_code == 503
    assert error.value.headers == {"Retry-After": "60"}


def test_a_refusal_lets_the_client_send_what_it_still_sends():
    body, sent = receiving(b"12", b"3"), []

    async def send(message):
        sent.append((message["type"], body.ended))

    asyncio.run(Refusal(413, "too large")({**SCOPE}, body, send))
    assert body.size == 3
    assert sent == [
        ("http.response.start", False),
        ("http.response.body", False),
        ("http.response.body", True),
    ]
