"""The run of a command that was given none."""

import sys
from pathlib import Path

from classify.console import COMMAND, HOME

_OWN = "checkpoints/default"
# A link to checkpoints/pretrained, which a wheel holds as data of this package.
_IN_PACKAGE = Path(__file__).parents[1] / "pretrained"


def default_run(verb: str) -> Path:
    """Choose a run, and tell on standard error if it is the pretrained one.

    Parameters
    ----------
    verb : str
        Name of the command, with which the message begins.

    Returns
    -------
    folder : Path
        ``checkpoints/default`` if it holds a run, else ``checkpoints/pretrained``, of the project's
        folder or of the installed package. Without either, ``checkpoints/default``: to load it says
        what is missing.
    """
    folder = find_run()
    if folder != HOME / _OWN:
        print(
            f"{verb}: using the pretrained run ({_shown(folder)}); train your own: {COMMAND} train",
            file=sys.stderr,
        )
    return folder


def find_run() -> Path:
    """Choose a run as `default_run` does, and tell nobody."""
    own = HOME / _OWN
    folders = (own, HOME / "checkpoints/pretrained", _IN_PACKAGE)
    return next((folder for folder in folders if (folder / "run.json").is_file()), own)


def _shown(folder: Path) -> Path:
    """A folder as seen from the project's, if it is below it."""
    return folder.relative_to(HOME) if folder.is_relative_to(HOME) else folder
