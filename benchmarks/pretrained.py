"""The run in the box: from a corpus to checkpoints/pretrained, in one command that can be resumed.

render draws the corpus, with --copies after forge has copied its real training recordings. train
--folds trains the default recipe without each fold of sources, for the calibration.
calibrate_segments says what is fake in part, calibrate_codecs what a score is worth after a codec.
train --refit trains the networks that answer, on all sources of training and validation. evaluate
judges them on the test split, also under codecs and noise. TO gets the networks, their calibration,
the report, and provenance.json: the command, the commit, and what of the corpus the run learned
from, source by source, with the licences that its manifest states. No recording and no picture is
copied.

Several machines can share the training: call it with --fold N/K on each, copy the folders
WORK/folds/fold-N together, and call it once more without --fold.
"""

import argparse
import csv
import datetime
import json
import shlex
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.support.command import ROOT, argument_parser, module_command
from classify.console import call
from classify.data import manifest
from classify.runs.run import load

FOLDS = 4
NETWORKS = 2  # that answer together
BY = ("source", "generator", "kind", "language", "round")
SUMMARISED = ("generator", "kind", "language")
CONDITIONS = "mp3-64 opus-16 telephone noise-20 noise-10".split()
MOST = 12e6  # bytes of the run
_NETWORK = ("model.onnx", "model.keras", "run.json", "render.json", "features.npz")
_RUN = ("run.json", "render.json", "validation.csv")
# Of the report; its page shows pictures of recordings, which are not ours to give.
_METRICS = Path("report", "metrics.json")
_SPLITS = {"train": "train", "validation": "train", "test": "test"}  # folds learn from both


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark.

    Parameters
    ----------
    arguments : list of str, optional
        Default: those of the process.

    Returns
    -------
    status : int
        0 all done, 2 the call was wrong or a command failed, 130 interrupted.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(arguments)

    def work() -> int:
        # Without the folders of this machine.
        words = (word.rstrip("/").rpartition("/")[2] for word in arguments)
        _make(options, shlex.join(words))
        return 0

    return call("pretrained", work, {"debug": False})


def _parser() -> argparse.ArgumentParser:
    parser = argument_parser("pretrained", __doc__)
    add = parser.add_argument
    add("corpus", type=Path, metavar="CORPUS", help="what ./run.sh render takes, with sources")
    add("work", type=Path, metavar="WORK", help="folder of copies, pictures and networks")
    add(
        "--to",
        type=Path,
        metavar="TO",
        default=ROOT / "checkpoints/pretrained",
        help="folder of the run in the box (default: checkpoints/pretrained)",
    )
    add("--fold", metavar="N/K", help="train one fold alone, and stop")
    add("--copies", type=int, default=0, metavar="N", help="of forge (default: 0)")
    add("--epochs", type=int, metavar="N", help="default: those of the recipe")
    add(
        "--quick",
        action="store_true",
        help="judge clean recordings only, and calibrate no segments: minutes less",
    )
    return parser


def _make(options: argparse.Namespace, command: str) -> None:
    work, images = options.work, options.work / "images"
    judges, run = work / "folds", work / "run"
    audio = options.corpus
    if options.copies:
        audio = work / "forged"
        copies = ("--to", audio, "--copies", options.copies)
        _call("render.copysynthesis.cli", options.corpus, *copies)
    _call("render", audio, "--to", images)
    folds = ("--fold", options.fold) if options.fold else ("--folds", FOLDS)
    how = ("--resume",) if options.epochs is None else ("--epochs", options.epochs, "--resume")
    _call("classify", "train", images, "--to", judges, *folds, *how)
    if options.fold:
        return
    if not options.quick:
        _calibrate(options.corpus, judges)
    refit = ("--refit", judges, "--seeds", NETWORKS)
    _call("classify", "train", images, "--to", run, *refit, *how)
    columns = manifest.columns(manifest.read(images))
    by = [f"--by={column}" for column in BY if column in columns]
    degraded = () if options.quick else ("--robustness", audio, "--conditions", *CONDITIONS)
    _call("detect.robustness.cli", images, "--run", run, *by, *degraded)
    provenance = {
        "command": f"./run.sh bench pretrained {command}",
        "copies": options.copies,
        "commit": _commit(),
        "date": datetime.date.today().isoformat(),
        "corpus": summarise(images / "manifest.csv"),
    }
    _install(run, options.to, provenance)
    print(f"pretrained: {options.to}: {_size(options.to) / 1e6:.1f} MB")


def _calibrate(corpus: Path, folds: Path) -> None:
    """Calibrate for parts and for codecs what an earlier call did not."""
    run = load(folds)
    if not run.segments:
        _call("benchmarks.calibrate_segments", corpus, folds)
    if not run.codecs:
        _call("benchmarks.calibrate_codecs", corpus, folds)


def _call(*arguments: object) -> None:
    """Call a command of this project; status 1 means that some files failed and were named."""
    status = subprocess.run(**module_command(*arguments)).returncode
    if status not in (0, 1):
        words = " ".join(map(str, arguments))
        raise ValueError(f"expected {words} to work, got exit status {status}")


def _commit() -> str:
    """The commit of the code, marked if files differ from it."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=40"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def summarise(path: Path) -> list[dict[str, Any]]:
    """Summarise the recordings of a dataset by split, source and class.

    Parameters
    ----------
    path : Path
        ``manifest.csv`` that `render` has written.

    Returns
    -------
    rows : list of dict
        ``split`` (training and validation are one), ``source``, ``label``, ``recordings``,
        ``minutes``, and the values of ``generator``, ``kind``, ``language`` and ``licence``, the
        most frequent first. Variants and copies are left out.
    """
    parts: dict[tuple[str, str, str], dict[str, Mapping[str, str]]] = defaultdict(dict)
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row.get("variant", "0") in ("", "0") and not row.get("vocoder_type"):
                key = _SPLITS[row["split"]], row.get("source", ""), row["label"]
                parts[key][row["recording"]] = row
    return [
        {
            **dict(zip(("split", "source", "label"), key, strict=True)),
            "recordings": len(rows),
            "minutes": round(sum(float(row["recording_s"]) for row in rows.values()) / 60, 1),
            **{name: _values(rows.values(), name) for name in (*SUMMARISED, "licence")},
        }
        for key, rows in sorted(parts.items())
    ]


def _values(rows: Iterable[Mapping[str, str]], column: str) -> list[str]:
    counts = Counter(row.get(column, "") for row in rows)
    return [value for value, _ in counts.most_common() if value not in ("", "-")]


def _install(run: Path, to: Path, provenance: dict[str, Any]) -> None:
    """Copy what prediction needs, and say where it comes from."""
    shutil.rmtree(to, ignore_errors=True)
    for name in _RUN:
        _copy(run / name, to / name)
    for member in sorted(run.glob("seed-*/")):
        for name in _NETWORK:
            _copy(member / name, to / member.name / name)
    metrics = json.loads((run / _METRICS).read_text(encoding="utf-8"))
    if "robustness" in metrics:  # without the folders of this machine
        metrics["robustness"]["source"] = Path(metrics["robustness"]["source"]).name
    (to / _METRICS).parent.mkdir()
    (to / _METRICS).write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    (to / "provenance.json").write_text(json.dumps(provenance, indent=1, ensure_ascii=False) + "\n")
    if _size(to) > MOST:
        raise ValueError(f"expected {MOST / 1e6:.0f} MB at most in {to}, got {_size(to) / 1e6:.1f}")


def _copy(source: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, to)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    sys.exit(main())
