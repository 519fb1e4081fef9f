"""Cross-validation by source: folds of the training and validation pictures.

The given validation split holds few sources, and a recipe chosen on it may suit those alone. Here
every source is left out once. Each fold becomes the test split of one dataset; the next fold is its
validation split, for the calibration, and the others are its training split. The given test split
is not used.

A fold holds whole sources, and whole families of sources. A family shares the vocoder of most of
its fakes, as ``generator`` of the manifest names it. Augmented variants, and the copies of forge,
are used for training only.
"""

import csv
import io
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from classify.data import manifest
from classify.data.manifest import Manifest
from classify.files import atomic_write
from classify.metrics.breakdown import ENOUGH

COUNT = 4
Row = dict[str, str]


def arrange(dataset: Path, to: Path, count: int, copies: bool = False) -> list[Path]:
    """Make a dataset a fold, of links to pictures.

    Parameters
    ----------
    dataset : Path
        A dataset that ``./run.sh render`` has drawn.
    to : Path
        Folder to write; its content is deleted.
    count : int
        Number of folds, 3 or more.
    copies : bool
        Whether pictures with a source recording are copies that forge has made.

    Raises
    ------
    ValueError
        If there are fewer sources than folds, or fewer than 3 folds.
    """
    given = [row for row in manifest.read(dataset).values() if row["split"] != "test"]
    extra = [
        row.get("variant", "0") != "0" or bool(copies and row["source_recording"]) for row in given
    ]
    originals = {row["path"]: row for row, skip in zip(given, extra, strict=True) if not skip}
    fold = assign(manifest.rows_of_unit(originals, "recording").values(), count)
    shutil.rmtree(to, ignore_errors=True)
    datasets = []
    for number in range(count):
        splits = {number: "test", (number + 1) % count: "validation"}
        rows: Manifest = {}
        for row, skip in zip(given, extra, strict=True):
            split = splits.get(fold[row.get("source", "")], "train")
            if split == "train" or not skip:
                before, label, rest = row["path"].split("/", 2)
                path = f"{split}/{label}/{before}/{rest}"
                rows[row["path"]] = {**row, "split": split, "path": path}
        datasets.append(_link(dataset, to / f"fold-{number}", rows))
    return datasets


def assign(recordings: Iterable[Row], count: int) -> dict[str, int]:
    """Assign sources to folds, families together, so that the folds are alike.

    The folds balance real recordings, fakes, and sources with enough of both for an error rate. The
    families are placed one after another, the largest first, each in the emptiest fold.

    Parameters
    ----------
    recordings : iterable of dict of str to str
        With ``source``, ``label`` and perhaps ``generator``.
    count : int

    Returns
    -------
    fold : dict of str to int
        By source.

    Raises
    ------
    ValueError
        If there are fewer families than folds, or fewer than 3 folds.

    Examples
    --------
    >>> rows = [{"source": name, "label": "fake", "generator": made} for name, made in
    ...         (("a", "taco+wavenet"), ("b", "wavenet_2"), ("c", "lpc"), ("d", "world"))]
    >>> assign(rows, 3)
    {'a': 0, 'b': 0, 'c': 1, 'd': 2}
    """
    if count < 3:
        raise ValueError(f"expected 3 folds or more, got {count}")
    by_source: dict[str, list[Row]] = defaultdict(list)
    for row in recordings:
        by_source[row.get("source", "")].append(row)
    families: dict[str, list[str]] = defaultdict(list)
    for source in sorted(by_source):
        families[_family(source, by_source[source])].append(source)
    if len(families) < count:
        raise ValueError(
            f"expected sources of at least {count} families of generators in the manifest, got "
            f"{len(families)}"
        )
    sizes = np.array([sum(_size(by_source[name]) for name in names) for names in families.values()])
    shares = sizes / np.maximum(sizes.sum(axis=0), 1)
    loads = np.zeros((count, shares.shape[1]))
    fold: dict[str, int] = {}
    members = [*families.values()]
    for at in np.argsort(-shares.sum(axis=1), kind="stable"):
        number = int(np.argmin(loads @ shares[at]))
        loads[number] += shares[at]
        fold |= dict.fromkeys(members[at], number)
    return fold


def vocoder(generator: str) -> str:
    """Name the vocoder of a generator, without its version.

    Examples
    --------
    >>> vocoder("tacotron2+hifigan_v2_ft"), vocoder("hifigan"), vocoder("")
    ('hifigan', 'hifigan', '')
    """
    return generator.rpartition("+")[2].partition("_")[0]


def _family(source: str, rows: Sequence[Row]) -> str:
    """The commonest vocoder of its fakes; the source itself where it has none."""
    counts = Counter(vocoder(row.get("generator", "")) for row in rows if row["label"] == "fake")
    del counts[""]
    if not counts:
        return f"source {source}"
    return f"vocoder {min(counts, key=lambda name: (-counts[name], name))}"  # ties: by name


def _size(rows: Sequence[Row]) -> np.ndarray:
    """Real recordings, fakes, and whether there are enough of both for an error rate."""
    fake = sum(row["label"] == "fake" for row in rows)
    real = len(rows) - fake
    return np.array([real, fake, min(real, fake) >= ENOUGH])


def _link(dataset: Path, folder: Path, rows: Manifest) -> Path:
    """Write a dataset whose pictures are links; `rows` are by their paths in `dataset`."""
    for path, row in rows.items():
        link = folder / row["path"]
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to((dataset / path).resolve())
    shutil.copyfile(dataset / "render.json", folder / "render.json")
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [*next(iter(rows.values()))], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows.values())
    atomic_write(folder / "manifest.csv", text.getvalue().encode())
    return folder
