"""Arguments of the command line of `classify`: verbs, options, units and defaults."""

import argparse
from collections.abc import Callable
from pathlib import Path

from classify.console import COMMAND, HOME
from classify.defaults import EXPLAINED_PICTURES, RESAMPLES
from classify.help import AUDIT, COMPARE, EVALUATE, PREDICT, SCORE, STATUS, TRAIN
from classify.settings import (
    FUSIONS,
    HEADS,
    KEPT_EPOCHS,
    MODELS,
    PRECISIONS,
    RECIPES,
    Folds,
    Settings,
    recipe,
)

IMAGES = HOME / "datasets" / "images"
RUN = HOME / "checkpoints" / "default"


def parser(
    extend_evaluate: Callable[[argparse.ArgumentParser], None] | None = None,
) -> argparse.ArgumentParser:
    """Build the parser of all verbs.

    Parameters
    ----------
    extend_evaluate : function, optional
        Adds options of another package to the verb evaluate.

    Returns
    -------
    parser : argparse.ArgumentParser
    """
    command = argparse.ArgumentParser(prog="python -m classify")
    verbs = command.add_subparsers(required=True, metavar="VERB")
    _add_train(_verb(verbs, "train", TRAIN))
    evaluate = _verb(verbs, "evaluate", EVALUATE)
    _add_evaluate(evaluate)
    if extend_evaluate:
        extend_evaluate(evaluate)
    _add_predict(_verb(verbs, "predict", PREDICT))
    _add_score(_verb(verbs, "score", SCORE))
    _add_compare(_verb(verbs, "compare", COMPARE))
    _add_audit(_verb(verbs, "audit", AUDIT))
    return command


def _verb(verbs, name: str, text: str) -> argparse.ArgumentParser:
    verb = verbs.add_parser(
        name,
        prog=f"{COMMAND} {name}",
        description=text,
        epilog=STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.set_defaults(verb=name)
    verb.add_argument("--debug", action="store_true", help="show a traceback on an error")
    return verb


def _add_images(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "dataset",
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
        "--resume", action="store_true", help="go on after the last finished epoch, if there is one"
    )
    verb.add_argument(
        "--overwrite",
        action="store_true",
        help="replace an earlier training in RUN; a finished run stays until the new is complete",
    )
    verb.add_argument(
        "--seeds",
        type=int,
        metavar="N",
        default=1,
        help="train N networks, with --seed and the seeds after it; their scores are averaged "
        "(default: 1)",
    )
    verb.add_argument(
        "--folds",
        type=int,
        metavar="K",
        help="train K networks on training and validation together, each without the sources of "
        "one fold; their scores are averaged, and each source is judged for the calibration by the "
        "network that has not met it",
    )
    verb.add_argument(
        "--fold",
        type=_fold,
        metavar="N/K",
        help="train the network of fold N of K alone, such as 2/4, in RUN/fold-2; a last call with "
        "--folds K --resume puts all together",
    )
    verb.add_argument(
        "--refit",
        type=Path,
        metavar="RUN",
        help="train --seeds networks on all of training and validation; their calibration comes "
        "from RUN, a training with --folds on the same pictures",
    )
    verb.add_argument(
        "--group",
        metavar="COLUMN",
        default=Folds.group,
        help="column of the manifest whose values a fold leaves out whole; recordings without one "
        "are dealt one by one (default: source)",
    )
    verb.add_argument(
        "--positive",
        metavar="CLASS",
        help="positive class, where the names of the class folders do not say which is fake "
        "(default: the last in the alphabet)",
    )
    verb.add_argument(
        "--tensorboard",
        type=Path,
        metavar="DIR",
        help="folder that gets the figures of every epoch for TensorBoard",
    )
    verb.add_argument(
        "--recipe",
        choices=RECIPES,
        default=RECIPES[0],
        help="set of settings, each changed by an option below: robust, for voices and generators "
        f"that are not in training, or plain, as in most tutorials (default: {RECIPES[0]})",
    )
    verb.add_argument(
        "--seed", type=int, metavar="N", default=0, help="seed of all that is random (default: 0)"
    )
    _add_settings(verb)


def _add_settings(verb: argparse.ArgumentParser) -> None:
    """Add an option for each setting; its default is the recipe's."""
    recipes = {name: Settings(**recipe(name)) for name in RECIPES}

    def add(name: str, text: str, **options) -> None:
        field = name.replace("-", "_")
        values = (f"{name} {_formatted(getattr(recipes[name], field))}" for name in RECIPES)
        text = f"{text} ({', '.join(values)})"
        verb.add_argument(f"--{name}", default=argparse.SUPPRESS, help=text, **options)

    for name, kind, text in (
        ("epochs", int, "passes over the training pictures"),
        ("batch-size", int, "pictures in one step"),
        ("learning-rate", float, "largest step size of AdamW; a cosine takes it to 0"),
        ("warmup", float, "epochs in which the step size rises from 0; may be a fraction"),
        ("weight-decay", float, "weight decay of AdamW"),
        ("ema", float, "time constant of the average of the weights, in epochs; 0: no average"),
        ("dropout", float, "share of the features that is dropped, 0 to 1"),
        ("mixup", float, "parameter of the Beta distribution of mixup; 0: no mixup"),
        ("shear", float, "largest shear of a training picture, in degrees"),
        ("zoom", float, "largest zoom of a training picture, as a share; it moves frequencies"),
        ("noise", float, "share of the training pictures that get noise, 0 to 1"),
        ("low-pass", float, "share of the training pictures that get a low-pass filter, 0 to 1"),
        ("risk", float, "share of verdicts that may be wrong; others are uncertain"),
        ("masks", int, "largest number of masked bands, and of masked stretches of time; 0: none"),
    ):
        add(name, text, type=kind, metavar="N")
    for name, text in (
        ("flip", "mirror training pictures in time at random"),
        ("roll", "rotate training pictures in time at random"),
    ):
        add(name, text, action=argparse.BooleanOptionalAction)
    for name, choices, text in (
        ("keep-epoch", KEPT_EPOCHS, "keep the last epoch, or that of the lowest validation loss"),
        ("fusion", FUSIONS, "late: a second network sees only the rows below the spectrogram"),
        ("head", HEADS, "one output, or one for each class"),
        ("precision", PRECISIONS, "number format of the training steps"),
    ):
        add(name, text, choices=choices)
    add(
        "balance",
        "columns of the manifest, separated by commas, whose values are seen equally often within "
        "a class; label: balance the classes only; empty: see every picture once an epoch",
        type=_names,
        metavar="COLUMN,...",
    )
    add(
        "copies-by-seed",
        "column of the manifest that divides pictures among the networks of --seeds: each sees "
        "those of one value, the last network none; empty: each sees all",
        metavar="COLUMN",
    )
    add(
        "model",
        f"network: {', '.join(MODELS)}, or any backbone of keras.applications, such as MobileNetV2",
        metavar="NAME",
    )
    add(
        "weights",
        "first weights of a backbone: none, imagenet (downloaded) or a weights file",
        metavar="NAME",
    )


def _fold(text: str) -> tuple[int, int]:
    number, slash, count = text.partition("/")
    if not (slash and number.isdigit() and count.isdigit() and 1 <= int(number) <= int(count)):
        raise argparse.ArgumentTypeError(f"expected a fold such as 2/4, got {text}")
    return int(number), int(count)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _formatted(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (",".join(value) if isinstance(value, tuple) else str(value)) or "none"


def _add_evaluate(verb: argparse.ArgumentParser) -> None:
    _add_images(verb)
    _add_run(verb, "--run")
    _add_split(verb)
    verb.add_argument(
        "--by",
        action="append",
        metavar="COLUMN",
        help="break metrics down by a column of the manifest; can be repeated (default: source and "
        "generator, if the manifest has them)",
    )
    verb.add_argument(
        "--scores",
        type=Path,
        metavar="FILE",
        help="write the scores of the recordings, higher = more bona fide; the suffix chooses the "
        "format: .tsv for ASVspoof 5 with its keys beside it, .txt for ASVspoof 2021, .csv",
    )
    verb.add_argument(
        "--explain-pictures",
        type=_count,
        metavar="N",
        default=EXPLAINED_PICTURES,
        help="pictures on which the faithfulness of explanations is measured; 0: not measured "
        f"(default: {EXPLAINED_PICTURES})",
    )
    _add_resamples(verb)
    _add_format(verb)


def _add_score(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("scores", type=Path, metavar="SCORES", help="score file of any system")
    verb.add_argument(
        "--keys",
        type=Path,
        metavar="KEYS",
        help="key or protocol file, or a manifest.csv; not needed if SCORES holds the labels",
    )
    verb.add_argument(
        "--higher",
        choices=("real", "fake"),
        help="class that a higher score speaks for (default: that of the format; the output "
        "names it)",
    )
    verb.add_argument(
        "--by",
        action="append",
        metavar="COLUMN",
        help="break metrics down by a column of the keys, such as attack or codec; can be "
        "repeated; a column without a name has that of the ASVspoof protocol, or its number from 1",
    )
    _add_resamples(verb)
    _add_format(verb)


def _add_compare(verb: argparse.ArgumentParser) -> None:
    for name in ("a", "b"):
        verb.add_argument(name, type=Path, metavar=f"RUN_{name.upper()}", help="folder of a run")
    _add_images(verb)
    _add_split(verb)
    _add_resamples(verb)
    _add_format(verb)


def _add_audit(verb: argparse.ArgumentParser) -> None:
    _add_images(verb)
    _add_format(verb)


def _add_split(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--split", choices=("train", "validation", "test"), default="test", help="default: test"
    )


def _add_resamples(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--resamples",
        type=_count,
        metavar="N",
        default=RESAMPLES,
        help=f"bootstrap resamples of the 95 %% intervals; 0: no intervals (default: {RESAMPLES})",
    )


def _add_format(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def _count(text: str) -> int:
    count = int(text)
    if count < 0:
        raise argparse.ArgumentTypeError(f"expected 0 or more, got {text}")
    return count


def _add_predict(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("names", nargs="+", metavar="IMAGE", help="picture, folder or pattern")
    verb.add_argument(
        "--run",
        type=Path,
        metavar="RUN",
        dest="folder",
        help="folder of the run (default: checkpoints/default, else checkpoints/pretrained)",
    )
    verb.add_argument(
        "--format",
        choices=("text", "json", "csv"),
        default="text",
        help="json: one object a line (default: text)",
    )
