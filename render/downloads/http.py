"""Files over HTTP that go on where they were interrupted and are checked once whole.

pooch fetches a file, checks it and renames it into place. What it lacks is going on with the part
of a file that is there; that is `Resuming`, a downloader for it. The part and what the server said
of its version lie beside the file: ``NAME.part`` and ``NAME.part.tag``.
"""

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tqdm import tqdm

from render.console import one_line
from render.downloads.catalogue import File

if TYPE_CHECKING:
    from requests import HTTPError, Response

BLOCK = 1 << 16  # bytes: what is read of a block when the line drops is lost
TRIES = 3  # without a byte of progress
WAIT = 1.0  # s before the second try; doubles
TIMEOUT = (10.0, 60.0)  # s to connect, and between two bytes
AGENT = "spoofsight"


def fetch(file: File, folder: Path) -> Path:
    """Fetch a file, or the rest of it, unless it is there and whole.

    Parameters
    ----------
    file : File
    folder : Path
        Where to; it is made.

    Returns
    -------
    path : Path
        The file, with the size and checksum that were expected.

    Raises
    ------
    ValueError
        If the server has no such file or another: of another size or checksum.
    ConnectionError
        If the server cannot be reached, breaks off again and again or is out of order.
    """
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    folder.mkdir(parents=True, exist_ok=True)
    downloader = Resuming(folder / f"{file.name}.part", file.size)
    try:
        return Path(
            pooch.retrieve(
                file.url, file.checksum or None, file.name, folder, downloader=downloader
            )
        )
    except requests.HTTPError as error:
        kind = ConnectionError if _may_pass(error) else ValueError
        raise kind(f"expected a file at {file.url}, got HTTP status {_status(error)}") from error
    except requests.RequestException as error:
        host = urlsplit(file.url).netloc
        raise ConnectionError(f"expected an answer from {host}, got {cause(error)}") from error


def check(file: File, path: Path) -> None:
    """Compare a file that another library has fetched with what was published of it.

    Raises
    ------
    ValueError
        If the size or the checksum is another; the file is deleted then.
    """
    import pooch

    size = path.stat().st_size
    if size != (file.size or size):
        path.unlink()
        raise ValueError(f"expected {file.size} bytes in {file.name}, got {size}")
    algorithm = file.checksum.partition(":")[0]
    if algorithm:
        got = f"{algorithm}:{pooch.file_hash(str(path), alg=algorithm)}"
        if got != file.checksum:
            path.unlink()
            raise ValueError(f"expected {file.checksum} of {file.name}, got {got}")


def cause(error: BaseException) -> str:
    """Say on one line what an exception goes back to.

    Examples
    --------
    >>> try:
    ...     try:
    ...         raise TimeoutError("timed out")
    ...     except TimeoutError:
    ...         raise ValueError("Max retries exceeded with url: ...")
    ... except ValueError as error:
    ...     cause(error)
    'timed out'
    """
    while deeper := error.__cause__ or (None if error.__suppress_context__ else error.__context__):
        error = deeper
    return one_line(error) or type(error).__name__


@dataclass(frozen=True)
class Resuming:
    """A downloader for pooch that goes on with the part that is there.

    Attributes
    ----------
    part : Path
        The part, in a folder that exists.
    size : int, optional
        Bytes of the whole file, if known.
    """

    part: Path
    size: int | None = None

    def __call__(self, url: str, output_file: str, pooch: object = None) -> None:
        """Put the file at `url` into `output_file`."""
        import requests

        failures, most = 0, self._have()
        while failures < TRIES:
            try:
                self._go_on(url)
                break
            except requests.RequestException as error:
                # Of a server that begins again each time, only what it never gave yet counts.
                failures = 1 if self._have() > most else failures + 1
                most = max(most, self._have())
                if failures == TRIES or not _may_pass(error):
                    raise
                time.sleep(WAIT * 2 ** (failures - 1))
        self._tag.unlink(missing_ok=True)
        if self.size not in (None, self._have()):
            self.part.unlink()
            raise ValueError(f"expected {self.size} bytes at {url}, got another number")
        self.part.replace(output_file)

    @property
    def _tag(self) -> Path:
        return self.part.with_name(f"{self.part.name}.tag")

    def _have(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _go_on(self, url: str) -> None:
        import requests

        have = self._have()
        if have and have == self.size:
            return
        with requests.get(
            url, headers=self._headers(have), stream=True, timeout=TIMEOUT
        ) as response:
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                if _total(response, have) == have:
                    return  # the part was whole already
                self.part.unlink()
                raise requests.ConnectionError("got a part longer than the file")
            response.raise_for_status()
            have = have if response.status_code == requests.codes.partial_content else 0
            self._check(response, have)
            self._write(response, have)

    def _headers(self, have: int) -> dict[str, str]:
        headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
            if self._tag.exists():  # else a file that has changed would be glued to the part
                headers["If-Range"] = self._tag.read_text()
        return headers

    def _check(self, response: "Response", have: int) -> None:
        total = _total(response, have)
        if None not in (total, self.size) and total != self.size:
            raise ValueError(f"expected {self.size} bytes at {response.url}, got {total}")
        tag = response.headers.get("ETag", "W/")
        if tag.startswith("W/"):  # weak: not of these very bytes
            tag = response.headers.get("Last-Modified", "")
        self._tag.write_text(tag) if tag else self._tag.unlink(missing_ok=True)

    def _write(self, response: "Response", have: int) -> None:
        import requests

        total, name = _total(response, have), self.part.name.removesuffix(".part")
        bar = tqdm(desc=name, total=total, initial=have, unit="B", unit_scale=True, disable=None)
        with self.part.open("ab" if have else "wb") as file, bar:
            for block in response.iter_content(BLOCK):
                bar.update(file.write(block))
        if total is not None and self._have() != total:
            raise requests.ConnectionError(f"got {self._have()} of {total} bytes")


def _total(response: "Response", have: int) -> int | None:
    """Bytes of the whole file, as the server announces it."""
    answer = re.fullmatch(
        r"bytes (?:(\d+)-\d+|\*)/(\d+)", response.headers.get("Content-Range", "")
    )
    if answer:
        if answer[1] and int(answer[1]) != have:
            raise ValueError(f"expected bytes from {have} on, got {answer[0]}")
        return int(answer[2])
    length = response.headers.get("Content-Length")
    return have + int(length) if length else None


def _status(error: "HTTPError") -> int:
    return 0 if error.response is None else error.response.status_code


def _may_pass(error: Exception) -> bool:
    """Whether another try makes sense: not where the server has understood and refused."""
    import requests

    if isinstance(error, requests.HTTPError):
        return _status(error) >= 500 or _status(error) in (408, 429)
    return isinstance(
        error,
        requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError,
    )
