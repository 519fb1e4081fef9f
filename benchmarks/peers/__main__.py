"""The robust recipe beside other detectors: trained on the same recordings, judged alike.

robust     the default recipe on the default pictures, with the copies of ./run.sh forge among
           them; of several seeds, the ensemble too
plain      as in most tutorials: --recipe plain on mel pictures
lfcc-gmm   LFCC with deltas and delta-deltas, a mixture of Gaussians a class
lfcc-lcnn  light CNN on LFCC pictures, nothing augmented
mfcc-lstm  LSTMs over frames of MFCC, chroma and mel, nothing augmented
forest     random forest on 18 simple statistics of a recording

Every peer learns from the training split of AUDIO and chooses what it chooses (epoch, calibration,
threshold) on its validation split. What each says of the recordings of the split that is judged is
written as a score file and judged as ./run.sh evaluate does; a table says how far each peer is from
robust, in the EER of all recordings and in its mean over sources.

Writes OUT/peers.md, .csv and .png. What is done in OUT is not done again: where a score file
stands, that seed is finished; an interrupted training goes on.
"""

import argparse
import contextlib
import json
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.support.command import argument_parser, carry_out, module_command
from benchmarks.support.recordings import COPIES, SPLITS, name_prefix

if TYPE_CHECKING:
    from render.recording import Recording

# Of the plain recipe without its augmentation: light CNNs on LFCC and LSTMs on MFCC are published
# without any, and stretching or turning cepstra makes no other recording of them.
AS_PUBLISHED = ("--recipe", "plain", "--shear", "0", "--zoom", "0", "--no-flip")


class Network(NamedTuple):
    """What ``./run.sh render`` and ``./run.sh train`` are told for a peer that sees pictures.

    Attributes
    ----------
    drawing, training : tuple of str
    forged : bool
        Whether it learns from the copies of ``./run.sh forge``, too.
    """

    drawing: tuple[str, ...] = ()
    training: tuple[str, ...] = ()
    forged: bool = False


ALONE = ("--variants", "0")
NETWORKS = {
    "robust": Network(forged=True),
    "plain": Network(("--feature", "mel", "--bands", "128", *ALONE), ("--recipe", "plain")),
    "lfcc-lcnn": Network(("--feature", "lfcc", *ALONE), ("--model", "lcnn", *AS_PUBLISHED)),
    "mfcc-lstm": Network(("--feature", "stack", *ALONE), ("--model", "lstm", *AS_PUBLISHED)),
}
PEERS = ("robust", "plain", "lfcc-gmm", "lfcc-lcnn", "mfcc-lstm", "forest")


@dataclass(frozen=True)
class Place:
    """What all peers have in common, and where the benchmark keeps what is done.

    Attributes
    ----------
    out : Path
    audio : Path
    dataset : Path
        Has a folder of pictures for every network.
    split : str
        What is judged, as the pictures' folders name it.
    epochs : int or None
        Of every network; None for those of its recipe.
    """

    out: Path
    audio: Path
    dataset: Path
    split: str
    epochs: int | None

    def scores(self, member: str) -> Path:
        """Score file of one seed or of an ensemble; where it stands, that is finished."""
        return self.out / "scores" / self.split / f"{member}.csv"

    def seconds(self) -> dict[str, float]:
        """Training times in s, by peer and seed."""
        path = self.out / "seconds.json"
        return json.loads(path.read_text()) if path.is_file() else {}

    @contextlib.contextmanager
    def timed(self, member: str) -> Iterator[None]:
        """Add the time of what is done within to that of earlier, interrupted calls."""
        from classify.files import atomic_write

        print(f"peers: {member}", file=sys.stderr, flush=True)
        begun = time.monotonic()
        try:
            yield
        finally:
            spent = self.seconds()
            spent[member] = spent.get(member, 0) + time.monotonic() - begun
            atomic_write(self.out / "seconds.json", json.dumps(spent, indent=2).encode())


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark.

    Parameters
    ----------
    arguments : list of str, optional
        Default: those of the process.

    Returns
    -------
    status : int
        0 all done, 2 the call was wrong or a peer failed, 130 interrupted.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(arguments)

    def work() -> int:
        print(_compare(options, shlex.join(arguments)), end="")
        return 0

    return carry_out("peers", work)


def _parser() -> argparse.ArgumentParser:
    parser = argument_parser("peers", __doc__)
    add = parser.add_argument
    add("audio", type=Path, metavar="AUDIO", help="what ./run.sh render takes")
    add("out", type=Path, metavar="OUT", help="folder of scores, runs, pictures and results")
    add("--seeds", type=int, default=3, metavar="N", help="how many, from 0 (default: 3)")
    add("--split", choices=SPLITS, default="testing", help="what is judged (default: testing)")
    add("--only", nargs="+", choices=PEERS, default=PEERS, metavar="NAME", help="default: all")
    add("--images", type=Path, metavar="DIR", help="pictures, DIR/PEER (default: OUT/images)")
    add("--epochs", type=int, metavar="N", help="of the networks (default: those of the recipes)")
    add("--components", type=int, default=512, metavar="N", help="Gaussians (default: 512)")
    add("--trees", type=int, default=500, metavar="N", help="of the forest (default: 500)")
    return parser


def _compare(options: argparse.Namespace, command: str) -> str:
    """Do what is not done yet, write the tables and the plot; give the table for people."""
    if options.seeds < 1:
        raise ValueError(f"expected 1 seed or more, got {options.seeds}")
    recordings = _recordings(options.audio, options.split)
    _begin(options)
    images, split = options.images or options.out / "images", SPLITS[options.split]
    place = Place(options.out, options.audio, images, split, options.epochs)
    files: dict[str, list[Path]] = {}
    for peer in (one for one in PEERS if one in options.only):
        files[peer] = [place.scores(f"{peer}-{seed}") for seed in range(options.seeds)]
        seeds = [seed for seed, path in enumerate(files[peer]) if not path.is_file()]
        if seeds:
            files[peer][0].parent.mkdir(parents=True, exist_ok=True)
            print(f"peers: {peer}: {len(seeds)} of {options.seeds} seeds to do", file=sys.stderr)
        if seeds and peer in NETWORKS:
            _train(peer, seeds, place)
        elif seeds:
            _fit(peer, seeds, place, options, recordings)
        if peer == "robust" and options.seeds > 1:
            files[f"{peer}, {options.seeds} together"] = [_ensemble(peer, options.seeds, place)]
    return _report(files, place, options, recordings, command)


def _recordings(audio: Path, split: str) -> list["Recording"]:
    """List the recordings of the splits that are used; each of these has both classes."""
    from render.dataset import take_in
    from render.index import Index

    used = ("train", "validation", SPLITS[split])
    with Index() as index:
        take_in(index, audio)
        found = [one for one in index.recordings() if one.split in used]
    there = {(one.split, one.label) for one in found}
    for one in used:
        for label in ("real", "fake"):
            if (one, label) not in there:
                raise ValueError(f"expected {label} recordings for {one} in {audio}, got none")
    return found


def _begin(options: argparse.Namespace) -> None:
    """Refuse a folder in which peers were trained otherwise, or on other recordings."""
    from classify.files import atomic_write

    if options.out.resolve().is_relative_to(options.audio.resolve()):
        raise ValueError(f"expected a folder outside of {options.audio}, got {options.out}")
    asked = {"audio": str(options.audio.resolve())}
    asked |= {name: getattr(options, name) for name in ("epochs", "components", "trees")}
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "peers.json"
    before = json.loads(path.read_text()) if path.is_file() else asked
    for name, value in asked.items():
        if before[name] != value:
            raise ValueError(
                f"expected to go on in {options.out} with {name} {before[name]}, got {value}: "
                "give another OUT"
            )
    atomic_write(path, json.dumps(asked, indent=2).encode())


def _train(peer: str, seeds: Sequence[int], place: Place) -> None:
    """Draw, train a network with each seed and score with it."""
    images = _draw(peer, place)
    for seed in seeds:
        run = place.out / "runs" / peer / f"seed-{seed}"
        if not (run / "run.json").is_file():
            with place.timed(f"{peer}-{seed}"):
                _learn(peer, place, "--to", run, "--seed", seed)
        _score(images, run, place, place.scores(f"{peer}-{seed}"))


def _ensemble(peer: str, seeds: int, place: Place) -> Path:
    """Make one run of the finished seeds, which are where it looks for them, and score with it."""
    scores, run = place.scores(f"{peer}-{seeds}-together"), place.out / "runs" / peer
    if not scores.is_file():
        images = _draw(peer, place)
        _learn(peer, place, "--to", run, "--seeds", seeds)
        _score(images, run, place, scores)
    return scores


def _draw(peer: str, place: Place) -> Path:
    audio, images, network = place.audio, place.dataset / peer, NETWORKS[peer]
    if network.forged:
        audio = place.out / "forged"
        _call("render.copysynthesis.cli", place.audio, "--to", audio, "--copies", COPIES)
    _call("render", audio, "--to", images, *network.drawing)
    return images


def _learn(peer: str, place: Place, *more: object) -> None:
    epochs = [] if place.epochs is None else ["--epochs", place.epochs]
    told = (*NETWORKS[peer].training, *epochs, *more, "--resume")
    _call("classify", "train", place.dataset / peer, *told)


def _score(dataset: Path, run: Path, place: Place, scores: Path) -> None:
    told = ("--split", place.split, "--scores", scores, "--explain-pictures", 0, "--resamples", 0)
    _call("classify", "evaluate", dataset, "--run", run, *told)


def _call(*arguments: object) -> None:
    """Run a command of this project; what it prints goes to standard error."""
    command = module_command(*arguments)
    done = subprocess.run(**command, stdout=sys.stderr, check=False)
    if done.returncode not in (0, 1):  # 1: something could not be read, and was named
        told = shlex.join(command["args"][2:])
        raise ValueError(f"expected {told} to do its work, got exit status {done.returncode}")


def _fit(
    peer: str,
    seeds: Sequence[int],
    place: Place,
    options: argparse.Namespace,
    recordings: Sequence["Recording"],
) -> None:
    """Fit what sees no pictures with each seed, calibrate it on validation and score with it."""
    import numpy as np

    from benchmarks.peers.baselines import BASELINES, gather
    from classify.metrics import calibration
    from classify.scorefiles.files import write_scores

    features, fit = BASELINES[peer]
    size = {"lfcc-gmm": options.components, "forest": options.trees}[peer]
    parts = gather(features, recordings)
    train, held, judged = parts["train"], parts["validation"], parts[place.split]
    for seed in seeds:
        with place.timed(f"{peer}-{seed}"):
            score = fit(train.features, train.labels, seed, size)
        calibrate = calibration.fit(held.labels, score(held.features))
        llr = calibrate(score(judged.features))
        write_scores(place.scores(f"{peer}-{seed}"), np.array(judged.names), judged.labels, llr)


def _report(
    files: Mapping[str, Sequence[Path]],
    place: Place,
    options: argparse.Namespace,
    recordings: Sequence["Recording"],
    command: str,
) -> str:
    """Judge what was scored and write both tables and the plot; give the one for people."""
    from benchmarks.peers import report
    from benchmarks.support.report import write

    rows = {one.name: {**one.metadata, "recording": one.name} for one in recordings}
    prefix = name_prefix(place.audio)
    scores = {
        peer: [report.read(path, rows, prefix) for path in paths] for peer, paths in files.items()
    }
    aligned, spent = report.align(scores), place.seconds()
    seconds = {
        peer: mean(times)
        for peer, paths in files.items()
        if (times := [spent[path.stem] for path in paths if path.stem in spent])
    }
    summary, common = report.rows(aligned, seconds), next(iter(aligned.values()))[0]
    most = max(len(seed.trials) for seeds in scores.values() for seed in seeds)
    if left := most - len(common.trials):
        print(f"peers: left out {left} recordings that not all could score", file=sys.stderr)
    text = report.markdown(summary, common, options.split, command, options.seeds)
    write(place.out, "peers", text, report.table(summary), report.plot(summary))
    return text


if __name__ == "__main__":
    sys.exit(main())
