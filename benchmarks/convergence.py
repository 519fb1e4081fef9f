"""Time until the robust recipe is as good as the plain one ever gets, on two cores.

Draws AUDIO for both, then trains the plain recipe on mel pictures to its end and the robust one on
the default pictures. Each runs as ./run.sh train in a process of its own, and the time of each
epoch includes the start of the process. Compared is the EER of validation that train prints: the
mean over sources, if there are any. The robust training ends once it is as good as the best epoch
of the plain one.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.peers.__main__ import NETWORKS
from benchmarks.support import timing
from benchmarks.support.command import argument_parser, module_command

CORES = 2
SHARE = 1 / 3  # bar
_EPOCH = re.compile(r"epoch (\d+) of \d+: .*\bval_eer ([0-9.]+)")


class Epoch(NamedTuple):
    """The end of an epoch, in s from the start of the training, and its EER."""

    number: int
    seconds: float
    eer: float


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark.

    Parameters
    ----------
    arguments : list of str, optional
        Default: those of the process.

    Returns
    -------
    status : int
        0 within the bar, 1 not, 2 the call was wrong or a command failed.
    """
    options = _parser().parse_args(arguments)
    cores = timing.pin(CORES)
    try:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            plain, robust = _compare(Path(folder), options)
    except ValueError as error:
        print(f"convergence: {error}", file=sys.stderr)
        return 2
    print(f"seed {options.seed}, {cores} cores")
    print(f"plain: EER {plain.eer:.3f} in epoch {plain.number}, after {plain.seconds:.0f} s")
    if robust.eer > plain.eer:
        print(f"robust: never as good, EER {robust.eer:.3f} in epoch {robust.number}")
        return 1
    share = robust.seconds / plain.seconds
    print(f"robust: EER {robust.eer:.3f} in epoch {robust.number}, after {robust.seconds:.0f} s")
    print(f"share of the time {share:.2f}, bar {SHARE:.2f}: {timing.verdict(share <= SHARE)}")
    return 0 if share <= SHARE else 1


def _parser() -> argparse.ArgumentParser:
    parser = argument_parser("convergence", __doc__)
    add = parser.add_argument
    add("audio", type=Path, metavar="AUDIO", help="what ./run.sh render takes")
    add("--seed", type=int, default=0, metavar="N", help="of both trainings (default: 0)")
    add("--epochs", type=int, metavar="N", help="of both (default: those of the recipes)")
    return parser


def _compare(scratch: Path, options: argparse.Namespace) -> tuple[Epoch, Epoch]:
    """Find the best epoch of the plain recipe, and the first of the robust one as good as it."""
    for recipe in ("plain", "robust"):
        _draw(options.audio, scratch / recipe, NETWORKS[recipe].drawing)
    settings = ["--seed", options.seed]
    settings += [] if options.epochs is None else ["--epochs", options.epochs]
    plain = min(_epochs(scratch, "plain", settings), key=lambda epoch: epoch.eer)
    robust = []
    for epoch in _epochs(scratch, "robust", settings):
        robust.append(epoch)
        if epoch.eer <= plain.eer:
            break
    return plain, min(robust, key=lambda epoch: epoch.eer)


def _draw(audio: Path, dataset: Path, options: tuple[str, ...]) -> None:
    with _start("render", audio, "--to", dataset, *options) as process:
        output = process.communicate()[0]
    if process.returncode not in (0, 1):  # 1: a recording could not be read, and was named
        raise ValueError(f"expected pictures of {audio}, got: {output.strip()}")


def _epochs(scratch: Path, recipe: str, settings: list[object]) -> Iterator[Epoch]:
    """Train, and yield every epoch at its end; closing the iterator ends the training."""
    run, dataset = scratch / f"run-{recipe}", scratch / recipe
    begin, last = time.monotonic(), ""
    options = ("--to", run, "--recipe", recipe, *settings)
    with _start("classify", "train", dataset, *options) as process:
        try:
            for line in process.stdout or ():
                last = line.strip() or last
                if match := _EPOCH.search(line):
                    print(f"{recipe}: {last}", file=sys.stderr, flush=True)
                    yield Epoch(int(match[1]), time.monotonic() - begin, float(match[2]))
        except GeneratorExit:
            process.terminate()
            raise
    if process.returncode:
        raise ValueError(f"expected epochs of the {recipe} recipe, got: {last}")


def _start(*arguments: object) -> subprocess.Popen[str]:
    """Start a command of this project, with its output and its errors in one pipe."""
    return subprocess.Popen(
        **module_command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


if __name__ == "__main__":
    sys.exit(main())
