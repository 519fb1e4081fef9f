"""The command lines' common part: the home folder, and errors in one line."""

import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

HOME = Path(os.environ.get("SPOOFSIGHT_HOME", "."))  # holds datasets/ and checkpoints/


def one_line(error: BaseException) -> str:
    r"""Write an error as one line, whatever its library puts into it.

    Examples
    --------
    >>> one_line(ValueError("expected a file,\n  got a folder"))
    'expected a file, got a folder'
    """
    return " ".join(str(error).split())


def call(verb: str, function: Callable[..., int], options: dict[str, Any]) -> int:
    """Call a command's function, and print an error as one line.

    Parameters
    ----------
    verb : str
        Name of the command, with which messages begin.
    function : callable
        Takes the options and returns the exit status.
    options : dict
        With ``debug``, which stands for a traceback and is not passed on.

    Returns
    -------
    status : int
        Of the function; 2 after an error, 130 after an interruption.
    """
    debug = options.pop("debug")
    try:
        return function(**options)
    except (OSError, ValueError, sqlite3.Error) as error:
        if debug:
            raise
        print(f"{verb}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{verb}: interrupted; run it again to go on", file=sys.stderr)
        return 130
