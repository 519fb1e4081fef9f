"""Cost of every network and, with pictures, its error rate: one row a model.

parameters     trained weights, and the statistics of the normalisations
multiply-adds  of one picture, counted from the layers
train          pictures a second in training, on all cores, from memory
predict        pictures a second of the exported network on one core, as ./run.sh predict runs it
EER            with --images: of the validation recordings, of all and the mean over the sources,
               after ./run.sh train; the epoch is chosen on them too, so it flatters all alike

For the speed, the networks take turns on the same noise. The factors are times the first one.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.support import timing
from benchmarks.support.command import argument_parser, module_command

BATCH = 32


class Network(NamedTuple):
    """A network, its size, and its functions."""

    parameters: int
    multiply_adds: int
    train: Callable[[Any, Any], Any]
    predict: Callable[[Any], Any]


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
        runs, errors = options.to or Path(scratch, "runs"), {}
        for name in options.models if options.images else ():
            errors[name] = _train(options.images, runs / name, name, _settings(options))
        networks = _build(options, Path(scratch))
        seconds = _time(networks, tuple(options.shape), options.count, options.rounds)
    _print_table(networks, seconds, options.count, errors)
    return 0


def _parser() -> argparse.ArgumentParser:
    from classify.settings import MODELS, RECIPES

    parser = argument_parser("models", __doc__)
    parser.add_argument(
        "--models",
        nargs="+",
        default=MODELS,
        metavar="NAME",
        help=f"what ./run.sh train --model takes (default: {' '.join(MODELS)})",
    )
    parser.add_argument(
        "--shape",
        nargs=2,
        type=int,
        default=(256, 124),
        metavar="N",
        help="height and width of the pictures, in pixels (default: 256 124)",
    )
    parser.add_argument(
        "--levels",
        type=int,
        metavar="N",
        help="of their rows, from the top, are levels; what is below is judged by itself as well "
        "(default: all)",
    )
    for name, default, text in (
        ("--count", 128, "pictures in one turn"),
        ("--rounds", 5, "timed rounds, after one that is not"),
    ):
        parser.add_argument(
            name, type=int, default=default, metavar="N", help=f"{text} (default: {default})"
        )
    parser.add_argument("--images", type=Path, metavar="IMAGES", help="train on these as well")
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="keep the runs there")
    parser.add_argument("--recipe", choices=RECIPES, default=RECIPES[0], help="default: robust")
    parser.add_argument("--epochs", type=int, metavar="N", help="default: those of the recipe")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    return parser


def _build(options: argparse.Namespace, scratch: Path) -> dict[str, Network]:
    """Build every network and export it."""
    from classify import backend

    backend.load()
    from benchmarks.support.multiply_adds import multiply_adds
    from classify.models.build import build
    from classify.runs import runtime
    from classify.settings import Settings, recipe
    from classify.training.export import convert

    networks = {}
    for name in options.models:
        settings = Settings(**{**recipe(options.recipe), "model": name})
        model, folder = build(settings, tuple(options.shape), 100, options.levels), scratch / name
        folder.mkdir()
        convert(model, folder)
        networks[name] = Network(
            model.count_params(),
            multiply_adds(model),
            model.train_on_batch,
            runtime.network(folder),
        )
    return networks


def _time(
    networks: dict[str, Network], shape: tuple[int, int], count: int, repeats: int
) -> dict[str, list[float]]:
    """Time training and prediction of the networks in turn; seconds by kind and name."""
    import numpy as np

    rng = np.random.default_rng(0)
    batches = rng.integers(0, 256, (-(-count // BATCH), BATCH, *shape, 1)).astype(np.uint8)
    labels = np.arange(BATCH)[:, np.newaxis] % 2

    def train(network: Network, _: Path) -> None:
        for pictures in batches:
            network.train(pictures, labels)

    def predict(network: Network, _: Path) -> None:
        for pictures in batches:
            network.predict(pictures[..., 0])

    tasks = {
        f"{kind.__name__} {name}": partial(kind, network)
        for name, network in networks.items()
        for kind in (train, predict)
    }
    return timing.interleave(tasks, repeats)


def _train(dataset: Path, run: Path, name: str, settings: Sequence[str]) -> tuple[float, float]:
    """Train with the command, or resume; EER of all recordings, and its mean over sources."""
    options = ("--to", run, "--model", name, "--resume", *settings)
    command = module_command("classify", "train", dataset, *options)
    subprocess.run(**command, check=True, stdout=sys.stderr)
    metadata = json.loads((run / "run.json").read_text())
    return metadata["validation"]["eer"], metadata["scores"]["val_eer"]


def _settings(options: argparse.Namespace) -> list[str]:
    """Options of the command for every model."""
    epochs = [] if options.epochs is None else ["--epochs", str(options.epochs)]
    return ["--recipe", options.recipe, "--seed", str(options.seed), *epochs]


def _print_table(
    networks: dict[str, Network],
    seconds: dict[str, list[float]],
    count: int,
    errors: dict[str, tuple[float, float]],
) -> None:
    """Print the table."""
    pictures = -(-count // BATCH) * BATCH
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"training on {cores} cores, prediction on one")
    head = f"{'model':<16}{'parameters':>12}{'multiply-adds':>15}{'train':>20}{'predict':>20}"
    print(head + (f"{'EER':>8}{'by source':>12}" if errors else ""))
    first = next(iter(networks))
    for name, network in networks.items():
        line = f"{name:<16}{network.parameters:>12,}{network.multiply_adds / 1e6:>13,.1f} M"
        for kind in ("train", "predict"):
            times = seconds[f"{kind} {name}"]
            speed = pictures / statistics.median(times)
            factor = timing.ratio(times, seconds[f"{kind} {first}"])
            line += f"{speed:>9.0f} /s {factor:>5.2f} x"
        if errors:
            line += "{:>8.3f}{:>12.3f}".format(*errors[name])
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
