"""The trained runs that there are to choose from."""

from pathlib import Path


def runs(checkpoints: Path, wanted: Path) -> dict[str, Path]:
    """List the runs below a folder.

    Parameters
    ----------
    checkpoints : Path
        Need not exist.
    wanted : Path
        Comes first if it is a run, wherever it lies.

    Returns
    -------
    runs : dict of str to Path
        Folders that hold a ``run.json``, by their name; the others sorted. The members of an
        ensemble are not listed.
    """
    found = [wanted] if is_run(wanted) else []
    if checkpoints.is_dir():
        known = {path.resolve() for path in found}
        below = sorted(path for path in checkpoints.iterdir() if is_run(path))
        found += [path for path in below if path.resolve() not in known]
    names = [path.resolve().name for path in found]
    return {
        name if names.count(name) == 1 else str(path): path
        for name, path in zip(names, found, strict=True)
    }


def is_run(folder: Path) -> bool:
    """Whether a folder holds a trained run."""
    return (folder / "run.json").is_file()
