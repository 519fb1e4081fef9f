"""The command line of `fetch`: parse, call, print."""

import argparse
import shlex
import sys
from pathlib import Path

from render.console import HOME
from render.downloads import catalogue
from render.downloads.catalogue import Dataset, readable

MUCH = 10**9  # bytes, above which it asks
EXTRA = ("huggingface_hub", "kagglehub", "pooch", "requests")

DESCRIPTION = """\
Download the public dataset NAME, check it and unpack it into DIR; without NAME, list those there
are. Size and licence are said first, and anything over 1 GB is asked about. An interrupted download
goes on when the same command is run again; DIR is there only once it is whole, and its archives are
deleted once unpacked. Datasets behind a signature are named with the way to get them.
"""

EPILOG = """\
sample of the output of ./run.sh fetch in-the-wild:
  ./run.sh render datasets/in-the-wild --layout in-the-wild

that of ./run.sh fetch:
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
        prog="run.sh fetch",
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
    options = parser().parse_args(arguments)
    try:
        if options.name is None:
            print(table())
            return 0
        return _fetch(catalogue.find(options.name), options.to, options.yes)
    except (OSError, ValueError) as error:
        return _failed(error, options.debug)
    except ModuleNotFoundError as error:
        if error.name not in EXTRA:
            raise
        lacking = f"expected the library {error.name}, got none: ./run.sh install brings it, or "
        return _failed(ValueError(f"{lacking}pip install 'spoofsight[fetch]'"), options.debug)
    except KeyboardInterrupt:
        print("fetch: interrupted; run it again to go on", file=sys.stderr)
        return 130


def _failed(error: Exception, debug: bool) -> int:
    if debug:
        raise error
    more = "; run it again to go on" if isinstance(error, ConnectionError) else ""
    print(f"fetch: {error}{more}", file=sys.stderr)
    return 2


def table() -> str:
    """Lay the catalogue out, a line a dataset."""
    rows = [("name", "size", "place", "licence", "what")]
    for dataset in catalogue.read().values():
        size = readable(dataset.size) if dataset.size else "?"
        rows.append((dataset.name, size, dataset.place, dataset.licence, dataset.title))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def following(dataset: Dataset, folder: Path) -> str:
    """Write the command to run once a dataset is in a folder.

    Examples
    --------
    >>> following(catalogue.find("wavefake"), Path("datasets/wavefake"))
    './run.sh render datasets/wavefake --layout wavefake'
    """
    inner = folder / dataset.folder if (folder / dataset.folder).is_dir() else folder
    if dataset.layout:
        return shlex.join(["./run.sh", "render", str(inner), "--layout", dataset.layout])
    return shlex.join(["./run.sh", "forge", str(inner), "--to", f"{folder}-forged"])


def _fetch(dataset: Dataset, to: Path | None, yes: bool) -> int:
    folder = to or HOME / "datasets" / dataset.name
    if dataset.place == "hand":
        raise ValueError(
            f"{dataset.name} is not given out without a signature: {dataset.source}: "
            f"{dataset.homepage}; with it in a folder: {following(dataset, folder)}"
        )
    print(
        f"fetch: {dataset.title}: {readable(dataset.size)} to download; licence: "
        f"{dataset.licence}; see {dataset.homepage}",
        file=sys.stderr,
    )
    if dataset.size > MUCH and not yes and not _agreed(dataset, folder):
        print("fetch: nothing downloaded", file=sys.stderr)
        return 2
    from render.downloads.download import obtain

    for name, digest in obtain(dataset, folder).items():
        print(f"fetch: nobody publishes a checksum of {name}; got sha256:{digest}", file=sys.stderr)
    print(f"fetch: {folder} holds it; now:", file=sys.stderr)
    print(following(dataset, folder))
    return 0


def _agreed(dataset: Dataset, folder: Path) -> bool:
    """Ask whether to download much."""
    if not sys.stdin.isatty():
        raise ValueError(f"expected --yes for {readable(dataset.size)}, got no terminal to ask at")
    print(f"fetch: download it to {folder}? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


if __name__ == "__main__":
    sys.exit(main())
