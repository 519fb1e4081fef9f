"""Time that a network waits for its pictures, on two cores.

train      an epoch of ./run.sh train, with pictures from the cache, augmented by the recipe, beside
           as many steps with one batch from memory
evaluate   2,048 pictures, the test split over and over, read and scored as ./run.sh evaluate does,
           beside as many batches of the same pictures from memory

Both use the same network, in turn. The share is the time that an input from memory saves: in it the
network waits for pictures, or shares its cores with their preparation. Alone is the input without a
network, in one thread. Pictures come from the disk's cache.
"""

import argparse
import dataclasses
import itertools
import statistics
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.support import recordings, timing
from benchmarks.support.command import argument_parser

CORES = 2
SHARE = 0.15  # bar
SCORED = 2_048  # pictures; with those of one test split, a tenth of a second would decide

Task = Callable[[Path], Any]


class Inputs(NamedTuple):
    """Three tasks of one verb with the same number of pictures."""

    pictures: int
    real: Task
    memory: Task
    alone: Task


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    options = _parser().parse_args(arguments)
    cores = timing.pin(CORES)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
        images = options.images or _draw(Path(scratch), options.count)
        inputs = _inputs(images, Path(scratch, "run"), options)
        turns = {
            f"{verb} {name}": getattr(tasks, name)
            for verb, tasks in inputs.items()
            for name in ("real", "memory", "alone")
        }
        seconds = timing.interleave(turns, options.rounds)
    print(f"{options.model}, {options.rounds} rounds, {cores} cores")
    print(f"{'':<10}{'pictures':>12}{'memory':>12}{'alone':>12}{'share':>8}")
    met = [_print_row(verb, tasks.pictures, seconds) for verb, tasks in inputs.items()]
    return 0 if all(met) else 1


def _parser() -> argparse.ArgumentParser:
    from classify.settings import RECIPES, Settings, recipe

    parser = argument_parser("input_pipeline", __doc__)
    parser.add_argument(
        "images",
        nargs="?",
        type=Path,
        metavar="IMAGES",
        help="picture dataset with the splits train and test (default: drawn from made recordings)",
    )
    for name, default, text in (
        ("--count", 2_000, "recordings to make where no IMAGES are given"),
        ("--rounds", 15, "timed rounds, after one that is not"),
    ):
        parser.add_argument(
            name, type=int, default=default, metavar="N", help=f"{text} (default: {default})"
        )
    parser.add_argument("--recipe", choices=RECIPES, default=RECIPES[0], help="default: robust")
    usual = Settings(**recipe(RECIPES[0])).model
    parser.add_argument(
        "--model", default=usual, metavar="NAME", help=f"as ./run.sh train (default: {usual})"
    )
    return parser


def _draw(scratch: Path, count: int) -> Path:
    recordings.draw(recordings.make(scratch / "audio", count), scratch / "images")
    return scratch / "images"


def _inputs(dataset: Path, folder: Path, options: argparse.Namespace) -> dict[str, Inputs]:
    """Build the network of the recipe and what feeds it."""
    from classify import backend

    backend.load()
    import keras

    from benchmarks.support.untrained_run import write_run
    from classify.data.render_settings import load_axes, spectrogram_rows
    from classify.data.splits import scan_split
    from classify.models.build import build
    from classify.settings import Settings, recipe

    settings = Settings(**{**recipe(options.recipe), "model": options.model})
    train, test = scan_split(dataset, "train"), scan_split(dataset, "test")
    keras.utils.set_random_seed(settings.seed)
    backend.make_deterministic()
    levels = spectrogram_rows(load_axes(dataset / "render.json"))
    model = build(settings, train.shape, 100, levels)
    described = dataset / "render.json"
    render_json = described.read_text() if described.is_file() else None
    run = write_run(model, folder, render_json, dataclasses.asdict(settings))
    return {
        "train": _training(dataset, train, model, settings),
        "evaluate": _scoring(run, test.paths),
    }


def _training(dataset: Path, split: Any, model: Any, settings: Any) -> Inputs:
    import keras

    from classify import backend
    from classify.data.batches import BatchSequence
    from classify.data.cache import PictureCache
    from classify.data.render_settings import grey_per_db, load_axes, spectrogram_rows

    store = PictureCache(split.paths, split.shape, "train")
    axes = load_axes(dataset / "render.json")
    batches = BatchSequence(
        store, split.labels, settings, grey_per_db(axes), spectrogram_rows=spectrogram_rows(axes)
    )
    kept = batches.make(0, 0)

    class Kept(keras.utils.PyDataset):
        def __len__(self) -> int:
            return len(batches)

        def __getitem__(self, index: int) -> Any:
            return kept

    def fit(batches: Any) -> Task:
        return lambda _: model.fit(backend.feed(batches), shuffle=False, verbose=0)

    def alone(_: Path) -> None:
        for number in range(len(batches)):
            batches.make(0, number)

    return Inputs(len(batches) * len(kept[0]), fit(batches), fit(Kept()), alone)


def _scoring(run: Any, paths: list[Path]) -> Inputs:
    import numpy as np

    from classify.data.pictures import read
    from classify.prediction.inference import BATCH, score_arrays, score_pictures

    if len(paths) < BATCH:
        raise ValueError(f"expected at least {BATCH} test pictures, got {len(paths)}")
    paths = list(itertools.islice(itertools.cycle(paths), SCORED))
    kept = np.stack([read(path, run.shape, run.render_settings) for path in paths[:BATCH]])

    def memory(_: Path) -> None:
        with ThreadPoolExecutor(CORES) as pool:
            list(pool.map(lambda _: score_arrays(run, kept), range(len(paths) // BATCH)))

    def alone(_: Path) -> None:
        for path in paths:
            read(path, run.shape, run.render_settings)

    return Inputs(len(paths), lambda _: list(score_pictures(run, paths)), memory, alone)


def _print_row(verb: str, pictures: int, seconds: dict[str, list[float]]) -> bool:
    """Print a row of the table, and say whether the bar is met."""
    real, memory, alone = (seconds[f"{verb} {name}"] for name in ("real", "memory", "alone"))
    share = 1 - 1 / timing.ratio(memory, real)
    speeds = "".join(
        f"{pictures / statistics.median(times):>9.0f} /s" for times in (real, memory, alone)
    )
    print(f"{verb:<10}{speeds}{share:>8.1%} bar {SHARE:.0%}: {timing.verdict(share <= SHARE)}")
    return share <= SHARE


if __name__ == "__main__":
    sys.exit(main())
