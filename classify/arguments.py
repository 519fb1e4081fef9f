"""What the command line of `classify` takes: verbs, options, their units and defaults."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from classify.help import AUDIT, COMPARE, EVALUATE, PREDICT, SCORE, STATUS, TRAIN
from classify.settings import (
    FUSIONS,
    HEADS,
    KEPT_EPOCHS,
    MODELS,
    PRECISIONS,
    RECIPES,
    Settings,
    recipe,
)

HOME = Path(os.environ.get("SPOOFSIGHT_HOME", "."))
IMAGES = HOME / "datasets" / "images"
RUN = HOME / "checkpoints" / "default"


def parser(
    more: Callable[[argparse.ArgumentParser], None] | None = None,
) -> argparse.ArgumentParser:
    """Describe every verb and option, with its unit and default.

    Parameters
    ----------
    more : function, optional
        Adds options to the verb evaluate, for a command that does more than this package can.

    Returns
    -------
    parser : argparse.ArgumentParser
    """
    command = argparse.ArgumentParser(prog="python -m classify")
    verbs = command.add_subparsers(required=True, metavar="VERB")
    _add_train(_verb(verbs, "train", TRAIN))
    evaluate = _verb(verbs, "evaluate", EVALUATE)
    _add_evaluate(evaluate)
    if more:
        more(evaluate)
    _add_predict(_verb(verbs, "predict", PREDICT))
    _add_score(_verb(verbs, "score", SCORE))
    _add_compare(_verb(verbs, "compare", COMPARE))
    _add_audit(_verb(verbs, "audit", AUDIT))
    return command


def _verb(verbs, name: str, text: str) -> argparse.ArgumentParser:
    verb = verbs.add_parser(
        name,
        prog=f"run.sh {name}",
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
        "--resume", action="store_true", help="go on from the last finished epoch, if there is one"
    )
    verb.add_argument("--overwrite", action="store_true", help="delete an earlier training in RUN")
    verb.add_argument(
        "--seeds",
        type=int,
        metavar="N",
        default=1,
        help="train N networks, with --seed and the seeds after it, and average their scores "
        "(default: 1)",
    )
    verb.add_argument(
        "--recipe",
        choices=RECIPES,
        default=RECIPES[0],
        help="whole set of settings, of which the options below change one each: robust, made "
        "for voices and generators that training has not met, or plain, as in most tutorials "
        f"(default: {RECIPES[0]})",
    )
    verb.add_argument(
        "--seed", type=int, metavar="N", default=0, help="seed of everything random (default: 0)"
    )
    _add_settings(verb)


def _add_settings(verb: argparse.ArgumentParser) -> None:
    """One option a setting; what is not given is the recipe's."""
    recipes = {name: Settings(**recipe(name)) for name in RECIPES}

    def add(name: str, text: str, **how) -> None:
        values = [_written(getattr(recipes[one], name.replace("-", "_"))) for one in RECIPES]
        default = ", ".join(f"{one} {value}" for one, value in zip(RECIPES, values, strict=True))
        verb.add_argument(f"--{name}", default=argparse.SUPPRESS, help=f"{text} ({default})", **how)

    for name, kind, text in (
        ("epochs", int, "most passes over the training pictures"),
        ("batch-size", int, "pictures in one step"),
        ("learning-rate", float, "largest step size of AdamW; it falls to 0"),
        ("warmup", float, "epochs, or a part of one, in which it rises from 0"),
        ("weight-decay", float, "weight decay of AdamW"),
        ("ema", float, "epochs that the mean of the weights reaches back; 0: none"),
        ("dropout", float, "share of features dropped, 0 to 1"),
        ("mixup", float, "how much pictures are blended, parameter of a Beta distribution; 0: not"),
        ("shear", float, "largest shear of a training picture, in degrees"),
        ("zoom", float, "largest zoom of a training picture, as a share; it moves frequencies"),
        ("noise", float, "share of training pictures that get noise"),
        ("low-pass", float, "share of training pictures that lose the top of their band"),
        ("masks", int, "most bands, and most moments, that are hidden; 0: none"),
    ):
        add(name, text, type=kind, metavar="N")
    for name, text in (
        ("flip", "mirror pictures in time at random"),
        ("roll", "begin pictures at a random moment"),
    ):
        add(name, text, action=argparse.BooleanOptionalAction)
    for name, known, text in (
        (
            "keep-epoch",
            KEPT_EPOCHS,
            "epoch that is kept: the last, or the best by a figure of validation",
        ),
        ("fusion", FUSIONS, "late: the rows below the levels are judged by themselves as well"),
        ("head", HEADS, "one output or two"),
        ("precision", PRECISIONS, "what the steps are computed in"),
    ):
        add(name, text, choices=known)
    add(
        "balance",
        "columns of the manifest whose values are seen equally often within a class, separated "
        "by commas; label: classes alone; empty: every picture once an epoch",
        type=_names,
        metavar="COLUMN,...",
    )
    add(
        "copies-by-seed",
        "column of the manifest: of the training pictures with a value there, each network of "
        "--seeds sees those of one value, in turn, and the last none; empty: all see all",
        metavar="COLUMN",
    )
    add(
        "model",
        f"network: {', '.join(MODELS)}, or any backbone of keras.applications, such as MobileNetV2",
        metavar="NAME",
    )
    add(
        "weights",
        "what a backbone starts from: none, imagenet, which is downloaded, or a file of its "
        "weights",
        metavar="NAME",
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _written(value: object) -> str:
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
        help="break down by a column of the manifest; can be given again (default: source and "
        "generator, where the manifest has them)",
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
        default=60,
        help="pictures on which it is measured whether explanations mean anything; 0 leaves it "
        "out (default: 60)",
    )
    _add_resamples(verb)
    _add_format(verb)


def _add_score(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("scores", type=Path, metavar="SCORES", help="score file of any system")
    verb.add_argument(
        "--keys",
        type=Path,
        metavar="KEYS",
        help="key or protocol file, or a manifest.csv; not needed where SCORES holds the truth",
    )
    verb.add_argument(
        "--higher",
        choices=("real", "fake"),
        help="what a higher score speaks for (default: as the format says, and the output too)",
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
        default=1_000,
        help="bootstrap resamples for the 95 %% intervals; 0 for none (default: 1000)",
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
    _add_run(verb, "--run")
    verb.add_argument(
        "--format",
        choices=("text", "json", "csv"),
        default="text",
        help="json is one object a line (default: text)",
    )
