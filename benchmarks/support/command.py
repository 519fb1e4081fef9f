"""The command line of a benchmark, and the commands of this project that it calls."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def argument_parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """Begin the description of a benchmark's command line.

    Parameters
    ----------
    name : str
        As ``./run.sh bench`` takes it.
    description : str
        Shown as it is, line by line.

    Returns
    -------
    parser : argparse.ArgumentParser
    """
    return argparse.ArgumentParser(
        prog=f"run.sh bench {name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def timing_parser(name: str, description: str | None, count: int) -> argparse.ArgumentParser:
    """Describe the command line of a benchmark that times rounds on recordings.

    Parameters
    ----------
    name, description
        As `argument_parser`.
    count : int
        Default number of recordings.

    Returns
    -------
    parser : argparse.ArgumentParser
    """
    command = argument_parser(name, description)
    command.add_argument(
        "audio",
        nargs="?",
        type=Path,
        metavar="AUDIO",
        help="a folder that ./run.sh render takes (default: recordings made from a seed)",
    )
    command.add_argument(
        "--count",
        type=int,
        default=count,
        metavar="N",
        help="recordings to make where no AUDIO is given (default: %(default)s)",
    )
    command.add_argument(
        "--rounds",
        type=int,
        default=5,
        metavar="N",
        help="timed rounds, after one that is not (default: %(default)s)",
    )
    return command


def module_command(*arguments: object) -> dict[str, Any]:
    """Write a command of this project as `subprocess` takes it.

    Parameters
    ----------
    arguments : sequence of object
        The module and its command line.

    Returns
    -------
    command : dict
        ``args`` and ``env``.
    """
    words = [sys.executable, "-m", *map(str, arguments)]
    return {"args": words, "env": {**os.environ, "PYTHONPATH": str(ROOT)}}
