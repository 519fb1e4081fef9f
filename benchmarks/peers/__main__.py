"""The robust recipe beside other detectors, trained and evaluated on the same recordings.

robust     the default recipe on the default pictures; of several seeds, the ensemble too
plain      as in most tutorials: --recipe plain on mel pictures
lfcc-gmm   LFCC with deltas and delta-deltas, a mixture of Gaussians a class
lfcc-lcnn  light CNN on LFCC pictures, nothing augmented
mfcc-lstm  LSTMs over frames of MFCC, chroma and mel, nothing augmented
forest     random forest on 18 simple statistics of a recording

Every peer is trained on the training split of AUDIO; epoch, calibration and threshold are chosen on
its validation split. With --run, a finished run stands for robust, whatever it has learned from; it
should not have met the evaluated split. Each peer writes a score file of that split, with the
metrics of ./run.sh evaluate. A table compares each peer with robust, in the EER of all recordings
and in its mean over sources.

Writes OUT/peers.md, .csv and .png. A second call does only what OUT lacks: a score file means that
its seed is finished, and an interrupted training is resumed.
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

from benchmarks.support.command import argument_parser, module_command
from benchmarks.support.recordings import SPLITS
from render.console import call

if TYPE_CHECKING:
    from render.recording import Recording

# The plain recipe without augmentation, as light CNNs on LFCC and LSTMs on MFCC are published:
# sheared or zoomed cepstra are not those of another recording.
AS_PUBLISHED = ("--recipe", "plain", "--shear", "0", "--zoom", "0", "--no-flip")


class Network(NamedTuple):
    """Options of ``./run.sh render`` and ``./run.sh train`` for a peer that sees pictures.

    Attributes
    ----------
    drawing, training : tuple of str
    """

    drawing: tuple[str, ...] = ()
    training: tuple[str, ...] = ()


ALONE = ("--variants", "0")
NETWORKS = {
    "robust": Network(),
    "plain": Network(("--feature", "mel", "--bands", "128", *ALONE), ("--recipe", "plain")),
    "lfcc-lcnn": Network(("--feature", "lfcc", *ALONE), ("--model", "lcnn", *AS_PUBLISHED)),
    "mfcc-lstm": Network(("--feature", "stack", *ALONE), ("--model", "lstm", *AS_PUBLISHED)),
}
PEERS = ("robust", "plain", "lfcc-gmm", "lfcc-lcnn", "mfcc-lstm", "forest")


@dataclass(frozen=True)
class Workspace:
    """Settings that all peers share, and the files of the benchmark.

    Attributes
    ----------
    out : Path
    audio : Path
    dataset : Path
        Holds a folder of pictures for every network.
    split : str
        The evaluated split, as the pictures' folders name it.
    epochs : int or None
        Of every network; None for the recipe's.
    """

    out: Path
    audio: Path
    dataset: Path
    split: str
    epochs: int | None

    def scores(self, member: str) -> Path:
        """Score file of one seed or of an ensemble; its presence means that it is finished."""
        return self.out / "scores" / self.split / f"{member}.csv"

    def seconds(self) -> dict[str, float]:
        """Training times in s, by peer and seed."""
        path = self.out / "seconds.json"
        return json.loads(path.read_text()) if path.is_file() else {}

    @contextlib.contextmanager
    def timed(self, member: str) -> Iterator[None]:
        """Time a block, and add the time of earlier, interrupted calls."""
        from classify.files import atomic_write

        print(f"peers: {member}", file=sys.stderr, flush=True)
        begin = time.monotonic()
        try:
            yield
        finally:
            spent = self.seconds()
            spent[member] = spent.get(member, 0) + time.monotonic() - begin
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

    return call("peers", work, {"debug": False})


def _parser() -> argparse.ArgumentParser:
    parser = argument_parser("peers", __doc__)
    add = parser.add_argument
    add("audio", type=Path, metavar="AUDIO", help="what ./run.sh render takes")
    add("out", type=Path, metavar="OUT", help="folder of scores, runs, pictures and results")
    add("--seeds", type=int, default=3, metavar="N", help="how many, from 0 (default: 3)")
    add("--split", choices=SPLITS, default="testing", help="split to evaluate (default: testing)")
    add("--only", nargs="+", choices=PEERS, default=PEERS, metavar="NAME", help="default: all")
    add("--images", type=Path, metavar="DIR", help="pictures, DIR/PEER (default: OUT/images)")
    add("--run", type=Path, metavar="RUN", help="finished run that stands for robust")
    add("--epochs", type=int, metavar="N", help="of the networks (default: those of the recipes)")
    add("--components", type=int, default=512, metavar="N", help="Gaussians (default: 512)")
    add("--trees", type=int, default=500, metavar="N", help="of the forest (default: 500)")
    return parser


def _compare(options: argparse.Namespace, command: str) -> str:
    """Score what has no scores, write the report, and return its table for people."""
    if options.seeds < 1:
        raise ValueError(f"expected 1 seed or more, got {options.seeds}")
    recordings = _recordings(options.audio, options.split)
    _begin(options)
    dataset, split = options.images or options.out / "images", SPLITS[options.split]
    workspace = Workspace(options.out, options.audio, dataset, split, options.epochs)
    files: dict[str, list[Path]] = {}
    for peer in (peer for peer in PEERS if peer in options.only):
        if peer == "robust" and options.run:
            files[peer] = [_judge(options.run, workspace)]
            continue
        files[peer] = [workspace.scores(f"{peer}-{seed}") for seed in range(options.seeds)]
        seeds = [seed for seed, path in enumerate(files[peer]) if not path.is_file()]
        if seeds:
            files[peer][0].parent.mkdir(parents=True, exist_ok=True)
            print(f"peers: {peer}: {len(seeds)} of {options.seeds} seeds to do", file=sys.stderr)
        if seeds and peer in NETWORKS:
            _train(peer, seeds, workspace)
        elif seeds:
            _fit(peer, seeds, workspace, options, recordings)
        if peer == "robust" and options.seeds > 1:
            files[f"{peer}, {options.seeds} together"] = [_ensemble(peer, options.seeds, workspace)]
    return _report(files, workspace, options, recordings, command)


def _recordings(audio: Path, split: str) -> list["Recording"]:
    """List the recordings of the splits in use; each split must have both classes."""
    from render.dataset import take_in
    from render.index import Index

    used = ("train", "validation", SPLITS[split])
    with Index() as index:
        take_in(index, audio)
        recordings = [item for item in index.recordings() if item.split in used]
    present = {(recording.split, recording.label) for recording in recordings}
    for name in used:
        for label in ("real", "fake"):
            if (name, label) not in present:
                raise ValueError(f"expected {label} recordings for {name} in {audio}, got none")
    return recordings


def _begin(options: argparse.Namespace) -> None:
    """Refuse a folder whose peers were trained on other recordings or with other options."""
    from classify.files import atomic_write

    if options.out.resolve().is_relative_to(options.audio.resolve()):
        raise ValueError(f"expected a folder outside of {options.audio}, got {options.out}")
    asked = {"audio": str(options.audio.resolve())}
    asked["run"] = str(options.run.resolve()) if options.run else ""
    asked |= {name: getattr(options, name) for name in ("epochs", "components", "trees")}
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "peers.json"
    before = json.loads(path.read_text()) if path.is_file() else asked
    for name, value in asked.items():
        if before.get(name, "") != value:
            raise ValueError(
                f"expected to go on in {options.out} with {name} {before[name]}, got {value}: "
                "give another OUT"
            )
    atomic_write(path, json.dumps(asked, indent=2).encode())


def _train(peer: str, seeds: Sequence[int], workspace: Workspace) -> None:
    """Draw, train a network with each seed and score with it."""
    dataset = _draw(peer, workspace)
    for seed in seeds:
        run = workspace.out / "runs" / peer / f"seed-{seed}"
        if not (run / "run.json").is_file():
            with workspace.timed(f"{peer}-{seed}"):
                _learn(peer, workspace, "--to", run, "--seed", seed)
        _score(dataset, run, workspace, workspace.scores(f"{peer}-{seed}"))


def _ensemble(peer: str, seeds: int, workspace: Workspace) -> Path:
    """Join the finished seeds, which are where the training looks for them, and score with them."""
    scores, run = workspace.scores(f"{peer}-{seeds}-together"), workspace.out / "runs" / peer
    if not scores.is_file():
        dataset = _draw(peer, workspace)
        _learn(peer, workspace, "--to", run, "--seeds", seeds)
        _score(dataset, run, workspace, scores)
    return scores


def _judge(run: Path, workspace: Workspace) -> Path:
    """Score with a finished run in place of robust."""
    scores = workspace.scores("robust-run")
    if not scores.is_file():
        scores.parent.mkdir(parents=True, exist_ok=True)
        _score(_draw("robust", workspace), run, workspace, scores)
    return scores


def _draw(peer: str, workspace: Workspace) -> Path:
    dataset = workspace.dataset / peer
    _call("render", workspace.audio, "--to", dataset, *NETWORKS[peer].drawing)
    return dataset


def _learn(peer: str, workspace: Workspace, *options: object) -> None:
    epochs = [] if workspace.epochs is None else ["--epochs", workspace.epochs]
    settings = (*NETWORKS[peer].training, *epochs, *options, "--resume")
    _call("classify", "train", workspace.dataset / peer, *settings)


def _score(dataset: Path, run: Path, workspace: Workspace, scores: Path) -> None:
    options = ("--split", workspace.split, "--scores", scores)
    no_extras = ("--explain-pictures", 0, "--resamples", 0)
    _call("classify", "evaluate", dataset, "--run", run, *options, *no_extras)


def _call(*arguments: object) -> None:
    """Run a command of this project; what it prints goes to standard error."""
    command = module_command(*arguments)
    done = subprocess.run(**command, stdout=sys.stderr, check=False)
    if done.returncode not in (0, 1):  # 1: something could not be read, and was named
        words = shlex.join(command["args"][2:])
        raise ValueError(f"expected {words} to do its work, got exit status {done.returncode}")


def _fit(
    peer: str,
    seeds: Sequence[int],
    workspace: Workspace,
    options: argparse.Namespace,
    recordings: Sequence["Recording"],
) -> None:
    """Fit a baseline with each seed, calibrate it on validation, and score with it."""
    import numpy as np

    from benchmarks.peers.baselines import BASELINES, gather
    from classify.metrics import calibration
    from classify.scorefiles.files import write_scores

    features, fit = BASELINES[peer]
    size = {"lfcc-gmm": options.components, "forest": options.trees}[peer]
    parts = gather(features, recordings)
    train, validation, test = parts["train"], parts["validation"], parts[workspace.split]
    for seed in seeds:
        with workspace.timed(f"{peer}-{seed}"):
            score = fit(train.features, train.labels, seed, size)
        calibrate = calibration.fit(validation.labels, score(validation.features))
        llr = calibrate(score(test.features))
        write_scores(workspace.scores(f"{peer}-{seed}"), np.array(test.names), test.labels, llr)


def _report(
    files: Mapping[str, Sequence[Path]],
    workspace: Workspace,
    options: argparse.Namespace,
    recordings: Sequence["Recording"],
    command: str,
) -> str:
    """Read the score files, write the report, and return its table for people."""
    from benchmarks.peers import report
    from benchmarks.support.report import write

    rows = {item.name: {**item.metadata, "recording": item.name} for item in recordings}
    scores = {peer: [report.read(path, rows) for path in paths] for peer, paths in files.items()}
    aligned, spent = report.align(scores), workspace.seconds()
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
    write(workspace.out, "peers", text, report.table(summary), report.plot(summary))
    return text


if __name__ == "__main__":
    sys.exit(main())
