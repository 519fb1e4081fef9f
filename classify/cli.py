"""The command line of `classify`: parse, call, print."""

import argparse
import csv
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from classify.settings import HEADS, MODELS, Settings

HOME = Path(os.environ.get("SPOOFSIGHT_HOME", "."))
IMAGES = HOME / "datasets" / "images"
RUN = HOME / "checkpoints" / "default"

TRAIN = """\
Train a network on IMAGES/train, choosing the epoch on IMAGES/validation; IMAGES/test is not
opened. Any dataset of two class folders a split will do. Interrupted, it goes on with --resume.

sample of the output, on standard error while it trains and on standard output at the end:
  train: epoch 1 of 20: loss 0.612, accuracy 0.671, val_loss 0.655, val_accuracy 0.630
  ...
  checkpoints/default: kept epoch 9 of 20, validation loss 0.401, accuracy 0.827
"""
EVALUATE = """\
Say how good a run is on one split, per picture and, where IMAGES/manifest.csv names recordings,
per recording. Writes RUN/report: metrics.json, confusion.png, roc.png.

sample of the output:
  test                  pictures  recordings
  real                       419         230
  fake                       592         369
  accuracy                 0.713       0.728
  ...
"""
PREDICT = """\
Say whether saved spectrogram pictures are real or fake. IMAGE is a picture, a folder (all
pictures below it) or a pattern; the output keeps their order.

sample of the output:
  fake   97.3 %  P(fake) 0.973  datasets/images/test/fake/0001-a8fa08acdd4b-0000.png
"""
STATUS = (
    "exit status: 0 all done; 1 some pictures failed, each named on standard error; "
    "2 the call was wrong or nothing could be done"
)


def parser() -> argparse.ArgumentParser:
    """Describe every verb and option, with its unit and default."""
    command = argparse.ArgumentParser(prog="python -m classify")
    verbs = command.add_subparsers(required=True, metavar="VERB")
    _add_train(_verb(verbs, "train", TRAIN, _train))
    _add_evaluate(_verb(verbs, "evaluate", EVALUATE, _evaluate))
    _add_predict(_verb(verbs, "predict", PREDICT, _predict))
    return command


def _verb(verbs, name: str, text: str, call: Callable[..., int]) -> argparse.ArgumentParser:
    verb = verbs.add_parser(
        name,
        prog=f"run.sh {name}",
        description=text,
        epilog=STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.set_defaults(call=call, verb=name)
    verb.add_argument("--debug", action="store_true", help="show a traceback on an error")
    return verb


def _add_images(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "images",
        nargs="?",
        type=Path,
        metavar="IMAGES",
        default=IMAGES,
        help="picture dataset (default: datasets/images)",
    )


def _add_run(verb: argparse.ArgumentParser, option: str) -> None:
    verb.add_argument(
        option,
        type=Path,
        metavar="RUN",
        default=RUN,
        dest="folder",
        help="folder of the run (default: checkpoints/default)",
    )


def _add_train(verb: argparse.ArgumentParser) -> None:
    _add_images(verb)
    _add_run(verb, "--to")
    verb.add_argument(
        "--resume", action="store_true", help="go on from the last finished epoch, if there is one"
    )
    verb.add_argument("--overwrite", action="store_true", help="delete an earlier training in RUN")
    for name, kind, text in (
        ("epochs", int, "most passes over the training pictures"),
        ("patience", int, "end after this many epochs without a lower validation loss"),
        ("batch", int, "pictures in one step"),
        ("learning-rate", float, "step size of AdamW at the start; it falls to 0"),
        ("dropout", float, "share of features dropped, 0 to 1"),
        ("shear", float, "largest shear of a training picture, in degrees"),
        ("zoom", float, "largest zoom of a training picture, as a share; it moves frequencies"),
        ("seed", int, "seed of everything random"),
    ):
        default = getattr(Settings, name.replace("-", "_"))
        verb.add_argument(
            f"--{name}",
            type=kind,
            metavar="N",
            default=default,
            help=f"{text} (default: {default})",
        )
    verb.add_argument(
        "--flip",
        action=argparse.BooleanOptionalAction,
        default=Settings.flip,
        help="mirror pictures in time at random (default: --flip)",
    )
    verb.add_argument(
        "--model",
        choices=MODELS,
        default=Settings.model,
        help=f"network (default: {Settings.model})",
    )
    verb.add_argument(
        "--head",
        choices=HEADS,
        default=Settings.head,
        help=f"one output or two (default: {Settings.head})",
    )


def _add_evaluate(verb: argparse.ArgumentParser) -> None:
    _add_images(verb)
    _add_run(verb, "--run")
    verb.add_argument(
        "--split", choices=("train", "validation", "test"), default="test", help="default: test"
    )
    verb.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def _add_predict(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("names", nargs="+", metavar="IMAGE", help="picture, folder or pattern")
    _add_run(verb, "--run")
    verb.add_argument(
        "--format",
        choices=("text", "json", "csv"),
        default="text",
        help="json is one object a line (default: text)",
    )


def main(arguments: list[str] | None = None) -> int:
    """Run a verb.

    Parameters
    ----------
    arguments : list of str, optional
        Default: those of the process.

    Returns
    -------
    status : int
        0 all done, 1 some pictures failed, 2 nothing could be done.
    """
    options = vars(parser().parse_args(arguments))
    call, verb, debug = (options.pop(name) for name in ("call", "verb", "debug"))
    try:
        return call(**options)
    except (OSError, ValueError) as error:
        if debug:
            raise
        print(f"{verb}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{verb}: interrupted", file=sys.stderr)
        return 130


def _train(images: Path, folder: Path, resume: bool, overwrite: bool, **training) -> int:
    settings = Settings(**training)
    from classify import backend

    backend.load()
    from classify.epochs import read_history
    from classify.training import train

    run = train(images, folder, settings, resume=resume, overwrite=overwrite)
    print(
        f"{folder}: kept epoch {int(run.scores['epoch']) + 1} of "
        f"{len(read_history(folder / 'history.csv'))}, validation loss "
        f"{run.scores['val_loss']:.3f}, accuracy {run.scores['val_accuracy']:.3f}"
    )
    return 1 if run.left_out else 0


def _evaluate(images: Path, folder: Path, split: str, format: str) -> int:
    from classify import backend
    from classify.run import load

    run = load(folder)
    backend.load()
    from classify.evaluation import evaluate, table

    report, refused = evaluate(images, run, split)
    print(json.dumps(report) if format == "json" else table(report, run.classes))
    print(f"report in {folder / 'report'}", file=sys.stderr)
    return 1 if refused else 0


def _predict(names: list[str], folder: Path, format: str) -> int:
    from classify import backend
    from classify.run import load

    run = load(folder)
    backend.load()
    from tqdm import tqdm

    from classify.prediction import Refusal, predict

    rows = csv.writer(sys.stdout, lineterminator="\n")
    if format == "csv":
        rows.writerow(("path", "label", "confidence", "p_fake", "llr"))
    done = refused = 0
    # The verdicts themselves show how far it is, unless they go into a file.
    hidden = True if sys.stdout.isatty() else None
    for result in tqdm(predict(run, names), "predict", unit="picture", disable=hidden):
        if isinstance(result, Refusal):
            refused += 1
            tqdm.write(f"predict: {result.path}: {result.reason}", file=sys.stderr)
            continue
        done += 1
        values = asdict(result)
        if format == "json":
            print(json.dumps(values))
        elif format == "csv":
            rows.writerow(values.values())
        else:
            print(
                f"{result.label:<5} {result.confidence:5.1f} %  "
                f"P({run.classes[1]}) {result.p_fake:.3f}  {result.path}"
            )
    return 2 if not done else 1 if refused else 0
