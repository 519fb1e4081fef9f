"""The body of a request: read within bounds, and kept in a temporary file until it is answered."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive

from detect.service.limits import MB, Limits

FIELD = "file"  # of a form
_UNNAMED = "-"  # what the command calls standard input


class Body:
    """Receives a body, and knows how much of it has come.

    Attributes
    ----------
    size : int
        Bytes so far.
    ended : bool
        Whether nothing more comes.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.size, self.ended = 0, False

    async def __call__(self) -> Message:
        """Receive the next part."""
        message = await self._receive()
        self.size += len(message.get("body", b""))
        self.ended = self.ended or not message.get("more_body", False)
        return message


class Upload(NamedTuple):
    """A recording in a temporary file, and the name that the client gave it."""

    path: Path
    name: str


@asynccontextmanager
async def saved(request: Request, body: Body, limits: Limits) -> AsyncIterator[Upload]:
    """Write the recording of a request to a temporary file, removed when the context ends.

    Parameters
    ----------
    request : Request
        A form with the recording in its field ``file``, or else the recording itself.
    body : Body
        Of the request.
    limits : Limits

    Yields
    ------
    upload : Upload

    Raises
    ------
    starlette.exceptions.HTTPException
        400 for a form without one file, 408 and 413 for a body that is too slow or too large, 503
        if the disk takes no more.
    starlette.requests.ClientDisconnect
        If the client goes before its end.
    """
    stated = request.headers.get("content-length", "0")
    if int(stated) > limits.megabytes * MB:
        raise _too_large(limits)
    request = Request(request.scope, _bounded(body, limits))
    with TemporaryDirectory(prefix="spoofsight-") as folder:
        path = Path(folder, "upload")
        try:
            name = await _write(request, path)
        except OSError as error:
            reason = f"expected room for the recording on disk, got: {error.strerror}"
            raise HTTPException(503, reason, {"Retry-After": "60"}) from error
        yield Upload(path, name)


def _bounded(body: Body, limits: Limits) -> Receive:
    end = time.monotonic() + limits.upload_s

    async def receive() -> Message:
        try:
            async with asyncio.timeout(end - time.monotonic()):
                message = await body()
        except TimeoutError as error:
            reason = f"expected the whole body within {limits.upload_s:g} s, got a part of it"
            raise HTTPException(408, reason) from error
        if body.size > limits.megabytes * MB:
            raise _too_large(limits)
        return message

    return receive


def _too_large(limits: Limits) -> HTTPException:
    return HTTPException(413, f"expected at most {limits.megabytes} MB, got more")


async def _write(request: Request, path: Path) -> str:
    """Write the recording to a path, and return its name."""
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return await _write_form(request, path)
    with path.open("wb") as file:
        async for part in request.stream():
            file.write(part)
    return _UNNAMED


async def _write_form(request: Request, path: Path) -> str:
    try:
        form = await request.form(max_files=1, max_fields=8, max_part_size=1 << 16)
    except HTTPException as error:
        reason = f"expected a form with one file, got one that is none ({error.detail})"
        raise HTTPException(400, reason) from error
    try:
        upload = _file(form)
        with path.open("wb") as file:
            shutil.copyfileobj(upload.file, file)
        return upload.filename or _UNNAMED
    finally:
        await form.close()


def _file(form: FormData) -> UploadFile:
    value = form.get(FIELD)
    if not isinstance(value, UploadFile):
        names = ", ".join(form) or "none"
        raise HTTPException(
            400, f"expected a recording in the field {FIELD} of the form, got the fields: {names}"
        )
    return value
