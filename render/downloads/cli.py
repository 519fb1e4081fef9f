"""The command line of `fetch`: parse, call, print."""

import argparse
import shlex
import sys
from pathlib import Path

from render.console import COMMAND, HOME, call
from render.downloads import catalogue
from render.downloads.catalogue import Dataset, readable

ASK_ABOVE = 10**9  # bytes

DESCRIPTION = """\
Download the public dataset NAME, check it and unpack it into DIR. Without NAME, list the datasets.
It shows size and licence first, and asks before a download of over 1 GB. Run the same command again
to continue an interrupted download. DIR appears once it is complete; archives are deleted once
unpacked. For a dataset that needs a signature, it prints how to get it.
"""

EPILOG = f"""\
sample of the output of {COMMAND} fetch in-the-wild:
  {COMMAND} render datasets/in-the-wild --layout in-the-wild

that of {COMMAND} fetch:
  name             size      place   licence                      what
  for-2sec         1.0 GB    web     not stated by its makers     Fake-or-Real, the form for-2sec
  ...
  in-the-wild      8.2 GB    hub     CC BY-SA 4.0                 In-the-Wild
  ...

exit status: 0 DIR holds the dataset; 2 it does not
"""


def parser() -> argparse.ArgumentParser:
    """Describe every option, with its default."""
    command = argparse.ArgumentParser(
        prog=f"{COMMAND} fetch",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = command.add_argument
    add("name", nargs="?", metavar="NAME", help="default: list the datasets")
    add("--to", type=Path, metavar="DIR", help="folder to make (default: datasets/NAME)")
    add("--yes", action="store_true", help="do not ask before a download of over 1 GB")
    add("--debug", action="store_true", help="show a traceback on an error")
    return command


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : list of str, optional
        Default: those of the process.

    Returns
    -------
    status : int
        0 done, 2 not done.
    """
    return call("fetch", _fetch_or_list, vars(parser().parse_args(arguments)))


def _fetch_or_list(name: str | None, to: Path | None, yes: bool) -> int:
    if name is None:
        print(table())
        return 0
    try:
        return _fetch(catalogue.find(name), to, yes)
    except BrokenPipeError:  # of the output: no matter of the network
        raise
    except ConnectionError as error:
        raise ConnectionError(f"{error}; run it again to go on") from error


def table() -> str:
    """Write the catalogue as a table, one dataset a line."""
    rows = [("name", "size", "place", "licence", "what")]
    for dataset in catalogue.read().values():
        size = readable(dataset.size) if dataset.size else "?"
        rows.append((dataset.name, size, dataset.place, dataset.licence, dataset.title))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def next_command(dataset: Dataset, folder: Path) -> str:
    """Write the command that reads a downloaded dataset.

    Examples
    --------
    >>> next_command(catalogue.find("wavefake"), Path("datasets/wavefake"))
    'spoofsight render datasets/wavefake --layout wavefake'
    """
    inner = folder / dataset.folder if (folder / dataset.folder).is_dir() else folder
    if dataset.layout:
        return shlex.join([COMMAND, "render", str(inner), "--layout", dataset.layout])
    return shlex.join([COMMAND, "forge", str(inner), "--to", f"{folder}-forged"])


def _fetch(dataset: Dataset, to: Path | None, yes: bool) -> int:
    folder = to or HOME / "datasets" / dataset.name
    if dataset.place == "hand":
        raise ValueError(
            f"{dataset.name} is not given out without a signature: {dataset.source}: "
            f"{dataset.homepage}; with it in a folder: {next_command(dataset, folder)}"
        )
    print(
        f"fetch: {dataset.title}: {readable(dataset.size)} to download; licence: "
        f"{dataset.licence}; see {dataset.homepage}",
        file=sys.stderr,
    )
    if dataset.size > ASK_ABOVE and not yes and not _is_confirmed(dataset, folder):
        print("fetch: nothing downloaded", file=sys.stderr)
        return 2
    from render.downloads.download import obtain

    for name, digest in obtain(dataset, folder).items():
        print(f"fetch: nobody publishes a checksum of {name}; got sha256:{digest}", file=sys.stderr)
    print(f"fetch: {folder} holds it; now:", file=sys.stderr)
    print(next_command(dataset, folder))
    return 0


def _is_confirmed(dataset: Dataset, folder: Path) -> bool:
    """Ask whether to start a large download."""
    if not sys.stdin.isatty():
        raise ValueError(f"expected --yes for {readable(dataset.size)}, got no terminal to ask at")
    print(f"fetch: download it to {folder}? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


if __name__ == "__main__":
    sys.exit(main())
