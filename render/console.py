"""The command lines' common part: streams, signals, caches, and errors in one line.

`render` and `classify` meet only at files, so that each has this module; both are the same.
"""

import atexit
import errno
import logging
import os
import re
import signal
import sqlite3
import sys
from collections.abc import Callable
from importlib.util import find_spec
from io import BufferedWriter, FileIO, TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

HOME = Path(os.environ.get("SPOOFSIGHT_HOME", "."))  # holds datasets/ and checkpoints/
# What comes before a verb, in help and advice; run.sh sets the folder.
COMMAND = "./run.sh" if "SPOOFSIGHT_HOME" in os.environ else "spoofsight"
# Packages whose modules have another name.
PACKAGES = {"PIL": "pillow", "pyworld": "pyworld-prebuilt", "sklearn": "scikit-learn"}


def one_line(error: BaseException) -> str:
    r"""Write an error as one line, whatever its library puts into it.

    Examples
    --------
    >>> one_line(ValueError("expected a file,\n  got a folder"))
    'expected a file, got a folder'
    """
    return " ".join(str(error).split())


def call(
    verb: str,
    function: Callable[..., int],
    options: dict[str, Any],
    interrupted: str = "interrupted; run it again to go on",
) -> int:
    """Call a command's function in a process of its own, and print an error as one line.

    Parameters
    ----------
    verb : str
        Name of the command, with which messages begin.
    function : callable
        Takes the options and returns the exit status.
    options : dict
        With ``debug``, which stands for a traceback and is not passed on.
    interrupted : str
        Message after Ctrl-C or SIGTERM.

    Returns
    -------
    status : int
        Of the function; 2 after an error, 130 after an interruption, 141 where nobody reads the
        output to its end.
    """
    debug = options.pop("debug")
    _open_streams()
    _be_independent()
    earlier = signal.signal(signal.SIGTERM, _interrupt)
    try:
        status = function(**options)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        for stream in (1, 2):  # or Python would complain when it flushes them at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        return 141
    except ModuleNotFoundError as error:
        extra = extra_with(error.name or "", verb)
        if debug or not extra:
            raise
        print(
            f"{verb}: expected the package of {error.name}, got none; {verb} needs: "
            f"{how_to_install(extra)}",
            file=sys.stderr,
        )
        return 2
    except (OSError, ValueError, sqlite3.Error) as error:
        if debug:
            raise
        print(f"{verb}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{verb}: {interrupted}", file=sys.stderr)
        return 130
    finally:
        if signal.getsignal(signal.SIGTERM) == _interrupt:  # else the process ends
            signal.signal(signal.SIGTERM, earlier)


def how_to_install(extra: str) -> str:
    """The command that installs an extra of this project, which is installed already."""
    return "./run.sh install" if COMMAND == "./run.sh" else f"pip install 'spoofsight[{extra}]'"


def extra_with(module: str, verb: str) -> str:
    """Find the extra of this project that brings a module.

    Parameters
    ----------
    module : str
        Full name.
    verb : str
        Command that lacks it; an extra of this name goes first, then that of this package.

    Returns
    -------
    extra : str
        Empty if there is none.

    Examples
    --------
    >>> extra_with("sklearn.metrics", "score"), extra_with("streamlit", "page")
    ('classify', 'page')
    """
    from importlib import metadata  # slow to load, and needed for this message alone

    name = module.partition(".")[0]
    package = PACKAGES.get(name, name).replace("_", "-").lower()
    extras = []
    try:
        requirements = metadata.requires("spoofsight") or []
    except metadata.PackageNotFoundError:  # a checkout that is not installed
        return ""
    for requirement in requirements:
        parts = re.match(r"([\w.-]+).*extra == ['\"](\w+)['\"]", requirement)
        if parts and parts[1].replace("_", "-").lower() == package:
            extras.append(parts[2])
    first = [extra for extra in (verb, __name__.partition(".")[0]) if extra in extras]
    return [*first, *extras, ""][0]


def _open_streams() -> None:
    """Open closed standard streams on nothing, and let none fail at a character.

    Else the next file that is opened takes the stream's number, and gets what is written to it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None or (number and _is_read_only(stream)):
            nothing = os.open(os.devnull, os.O_RDWR)
            if nothing == number:
                os.set_inheritable(number, True)
            else:
                os.dup2(nothing, number)
                os.close(nothing)
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115
        elif number and isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows ASCII only
    stderr = sys.stderr
    if isinstance(stderr, TextIOWrapper) and stderr is sys.__stderr__:  # and not a notebook's
        sys.stderr = TextIOWrapper(
            BufferedWriter(_Notes(2, "w", closefd=False)),
            encoding=stderr.encoding,
            errors="backslashreplace",
            line_buffering=True,
        )


class _Notes(FileIO):
    """Standard error that drops what a full disk does not take, since results go on without it."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError:
            return memoryview(data).nbytes


def _is_read_only(stream: TextIO) -> bool:
    """Whether a stream cannot be written: bash leaves its script where a stream was closed."""
    try:
        os.write(stream.fileno(), b"")
    except OSError as error:  # without a number where there is no descriptor, as in a notebook
        return error.errno == errno.EBADF
    return False


def _be_independent() -> None:
    """Keep the user's Matplotlib out of figures, and its and numba's caches writable."""
    os.environ["MPLBACKEND"] = "agg"  # a notebook's is no part of this environment
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # of lines in a matplotlibrc
    if all(_is_writable(Path("~", name)) for name in (".cache", ".config")):
        return
    import shutil
    import tempfile

    caches = tempfile.mkdtemp(prefix="spoofsight-")
    atexit.register(shutil.rmtree, caches, ignore_errors=True)
    os.environ.setdefault("MPLCONFIGDIR", caches)
    librosa = find_spec("librosa")
    if librosa and not os.access(Path(librosa.origin or "").parent, os.W_OK):
        os.environ.setdefault("NUMBA_CACHE_DIR", caches)


def _is_writable(folder: Path) -> bool:
    """Whether a folder, or the first above it that there is, can be written to."""
    path = os.path.expanduser(folder)  # which leaves ~ where there is no home
    while not os.path.exists(path):
        path = os.path.dirname(path) or os.curdir
    return os.access(path, os.W_OK)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Take SIGTERM, from which a scheduler's jobs end, for Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # ``timeout`` sends it twice
    raise KeyboardInterrupt
