"""The report of a run's evaluation, for showing within a page."""

import base64
from pathlib import Path

from classify.runs.run import Run

INDEX = Path("report", "index.html")


def read(run: Run) -> bytes | None:
    """Read a run's report; None where it was not evaluated.

    Parameters
    ----------
    run : Run

    Returns
    -------
    html : bytes or None
    """
    path = run.folder / INDEX
    return path.read_bytes() if path.is_file() else None


def address(html: bytes) -> str:
    """Make an address of a page that holds the page itself.

    A browser gives what such an address shows an origin of its own: whatever the page does, it
    reaches nothing around it.

    Parameters
    ----------
    html : bytes

    Returns
    -------
    address : str

    Examples
    --------
    >>> address(b"<p>hello")
    'data:text/html;charset=utf-8;base64,PHA+aGVsbG8='
    """
    return f"data:text/html;charset=utf-8;base64,{base64.b64encode(html).decode()}"
