"""Downloads over HTTP that continue after an interruption and are checked once complete.

pooch downloads a file, checks it and renames it into place. `ResumingDownloader` adds the
continuation of a partial file. The partial file and the server's version tag of it lie beside the
file: ``NAME.part`` and ``NAME.part.tag``.
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

BLOCK = 1 << 16  # bytes; an unfinished block is lost when the connection drops
TRIES = 3  # in a row without a new byte
WAIT = 1.0  # s before the second try; doubles
TIMEOUT = (10.0, 60.0)  # s to connect, and between two bytes
AGENT = "spoofsight"
_SOCKS = "Missing dependencies for SOCKS support"  # as requests says it


def fetch(file: File, folder: Path) -> Path:
    """Download a file, or the rest of it, unless it is complete.

    Parameters
    ----------
    file : File
    folder : Path
        Made if missing.

    Returns
    -------
    path : Path
        The file, with the size and checksum of the catalogue.

    Raises
    ------
    ValueError
        If the server lacks the file, or its size or checksum differs from the catalogue.
    ConnectionError
        If the server cannot be reached, fails, or drops the connection in every try.
    """
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    folder.mkdir(parents=True, exist_ok=True)
    downloader = ResumingDownloader(folder / f"{file.name}.part", file.size)
    try:
        return Path(
            pooch.retrieve(
                file.url, file.checksum or None, file.name, folder, downloader=downloader
            )
        )
    except requests.HTTPError as error:
        kind = ConnectionError if _is_temporary(error) else ValueError
        raise kind(f"expected a file at {file.url}, got HTTP status {_status(error)}") from error
    except requests.RequestException as error:
        host = urlsplit(file.url).netloc
        raise ConnectionError(f"expected an answer from {host}, got {cause(error)}") from error


def check(file: File, path: Path) -> None:
    """Check the size and checksum of a file that another library has downloaded.

    Raises
    ------
    ValueError
        If one differs; the file is then deleted.
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
    """Write the first cause of an exception as one line.

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
    >>> cause(ValueError("Missing dependencies for SOCKS support."))
    'a SOCKS proxy but not the package for it: pip install pysocks'
    """
    while deeper := error.__cause__ or (None if error.__suppress_context__ else error.__context__):
        error = deeper
    text = one_line(error) or type(error).__name__
    if text.startswith(_SOCKS):
        return "a SOCKS proxy but not the package for it: pip install pysocks"
    return text


@dataclass(frozen=True)
class ResumingDownloader:
    """A downloader for pooch that continues a partial file.

    Attributes
    ----------
    part : Path
        The partial file; its folder exists.
    size : int, optional
        Bytes of the complete file, if known.
    """

    part: Path
    size: int | None = None

    def __call__(self, url: str, output_file: str, pooch: object = None) -> None:
        """Download the file at `url` to `output_file`."""
        import requests

        failures, longest = 0, self._length()
        while failures < TRIES:
            try:
                self._continue(url)
                break
            except requests.RequestException as error:
                # A server may begin again each time, so only bytes beyond the longest part count.
                failures = 1 if self._length() > longest else failures + 1
                longest = max(longest, self._length())
                if failures == TRIES or not _is_temporary(error):
                    raise
                time.sleep(WAIT * 2 ** (failures - 1))
        self._tag.unlink(missing_ok=True)
        if self.size not in (None, self._length()):
            self.part.unlink()
            raise ValueError(f"expected {self.size} bytes at {url}, got another number")
        self.part.replace(output_file)

    @property
    def _tag(self) -> Path:
        return self.part.with_name(f"{self.part.name}.tag")

    def _length(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _continue(self, url: str) -> None:
        import requests

        length = self._length()
        if length and length == self.size:
            return
        with requests.get(
            url, headers=self._headers(length), stream=True, timeout=TIMEOUT
        ) as response:
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                if _total(response, length) == length:
                    return  # the part was complete already
                self.part.unlink()
                raise requests.ConnectionError("got a part longer than the file")
            response.raise_for_status()
            if response.status_code != requests.codes.partial_content:
                length = 0
            self._check(response, length)
            self._write(response, length)

    def _headers(self, length: int) -> dict[str, str]:
        headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
        if length:
            headers["Range"] = f"bytes={length}-"
            if self._tag.exists():  # so that a changed file is not appended to the old part
                headers["If-Range"] = self._tag.read_text()
        return headers

    def _check(self, response: "Response", length: int) -> None:
        total = _total(response, length)
        if None not in (total, self.size) and total != self.size:
            raise ValueError(f"expected {self.size} bytes at {response.url}, got {total}")
        tag = response.headers.get("ETag", "W/")
        if tag.startswith("W/"):  # weak: other bytes may have the same tag
            tag = response.headers.get("Last-Modified", "")
        self._tag.write_text(tag) if tag else self._tag.unlink(missing_ok=True)

    def _write(self, response: "Response", length: int) -> None:
        import requests

        total, name = _total(response, length), self.part.name.removesuffix(".part")
        bar = tqdm(desc=name, total=total, initial=length, unit="B", unit_scale=True, disable=None)
        with self.part.open("ab" if length else "wb") as file, bar:
            for block in response.iter_content(BLOCK):
                bar.update(file.write(block))
        if total is not None and self._length() != total:
            raise requests.ConnectionError(f"got {self._length()} of {total} bytes")


def _total(response: "Response", length: int) -> int | None:
    """Bytes of the complete file, as the server announces them."""
    content_range = re.fullmatch(
        r"bytes (?:(\d+)-\d+|\*)/(\d+)", response.headers.get("Content-Range", "")
    )
    if content_range:
        if content_range[1] and int(content_range[1]) != length:
            raise ValueError(f"expected bytes from {length} on, got {content_range[0]}")
        return int(content_range[2])
    remaining = response.headers.get("Content-Length")
    return length + int(remaining) if remaining else None


def _status(error: "HTTPError") -> int:
    return 0 if error.response is None else error.response.status_code


def _is_temporary(error: Exception) -> bool:
    """Whether another try may succeed: not after the server understood and refused."""
    import requests

    if isinstance(error, requests.HTTPError):
        return _status(error) >= 500 or _status(error) in (408, 429)
    return isinstance(
        error,
        requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError,
    )
