"""Pictures of training and validation put into folds by their source, to leave sources out in turn.

The given validation split holds few sources, and a recipe chosen on it may suit those alone. Here
every source is left out once: the pictures of a fold are the test split of a dataset of its own,
those of the next fold its validation split, by which the calibration is chosen, and the others its
training split. The given test split has no part in it.

A source is whole in one fold, together with the others of its family: the vocoder that most of its
fakes are made by, as far as the manifest names one in ``generator``. Variants of the sound, and
copies that forge has made, are for training only.
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
        What it holds is deleted.
    count : int
        Number of folds, 3 or more.
    copies : bool
        Whether what names an original is a copy that forge has made.

    Returns
    -------
    datasets : list of Path

    Raises
    ------
    ValueError
        If there are fewer sources than folds, or fewer than 3 folds.
    """
    known = manifest.read(dataset)
    given = [row for row in known.values() if row["split"] != "test"]
    extra = [
        row.get("variant", "0") != "0" or bool(copies and row["source_recording"]) for row in given
    ]
    own = {row["path"]: row for row, more in zip(given, extra, strict=True) if not more}
    fold = assign(manifest.of_level(own, "recording").values(), count)
    shutil.rmtree(to, ignore_errors=True)
    datasets = []
    for number in range(count):
        splits = {number: "test", (number + 1) % count: "validation"}
        rows: Manifest = {}
        for row, more in zip(given, extra, strict=True):
            split = splits.get(fold[row.get("source", "")], "train")
            if split == "train" or not more:
                before, label, rest = row["path"].split("/", 2)
                path = f"{split}/{label}/{before}/{rest}"
                rows[row["path"]] = {**row, "split": split, "path": path}
        datasets.append(_link(dataset, to / f"fold-{number}", rows))
    return datasets


def assign(recordings: Iterable[Row], count: int) -> dict[str, int]:
    """Put sources into folds, families together, so that the folds are as alike as that allows.

    Alike in the numbers of real recordings, of fakes, and of sources that a figure is made of. The
    families are placed one after another, the largest first, each where that is least so far.

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
    sizes = np.array([sum(_size(by_source[one]) for one in own) for own in families.values()])
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
    """Name what made the waveform, without its version.

    Examples
    --------
    >>> vocoder("tacotron2+hifigan_v2_ft"), vocoder("hifigan"), vocoder("")
    ('hifigan', 'hifigan', '')
    """
    return generator.rpartition("+")[2].partition("_")[0]


def _family(source: str, rows: Sequence[Row]) -> str:
    """The commonest vocoder of its fakes; the source itself where it has none."""
    made = Counter(vocoder(row.get("generator", "")) for row in rows if row["label"] == "fake")
    del made[""]
    if not made:
        return f"source {source}"
    return f"vocoder {min(made, key=lambda name: (-made[name], name))}"  # the first by its name


def _size(rows: Sequence[Row]) -> np.ndarray:
    """Real recordings, fakes, and whether there are enough of both for a figure."""
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
