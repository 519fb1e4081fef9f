"""What each part of the robust recipe is worth: one factor changed at a time, each with N seeds.

by source   equal error rate, mean over the sources with at least 5 recordings of each class
EER         of all recordings
difference  from the base; below 0, the change is for the better

Each is the mean over the seeds, with its 95 % interval over seeds and recordings. Nothing may be
chosen on the testing split, or its figures no longer say what to expect of other recordings: it is
opened by --splits alone, once a recipe is chosen. What a training chooses on validation, the
calibration above all, flatters the figures there; --leave-sources-out judges every source by
networks that have met it neither in training nor in such a choice.

Writes OUT/ablation.md, .csv and .png after every training, with --leave-sources-out
OUT/ablation-left-out.md and so on. What is finished in OUT is not done again, an interrupted
training goes on, and pictures are drawn once a way of drawing.
"""

import argparse
import datetime
import shlex
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.ablation import factors
from benchmarks.ablation.factors import UNCHANGED, Factor
from benchmarks.ablation.trials import FOLDS, LEFT_OUT, Study, Trial
from benchmarks.support.timing import SPLITS
from classify.settings import recipe

if TYPE_CHECKING:
    from benchmarks.ablation.report import Results

HEAD = """\
# One factor at a time from the robust recipe

`./run.sh bench ablation {command}`, seeds {seeds}, {date}

Equal error rates, means over the seeds, and their differences from the base (below 0: better), each
with its 95 % interval over seeds (not of an ensemble) and over recordings, of which those of a
speaker are drawn together. Of 20 changes that change nothing, one has an interval without 0. By
source: the mean over the sources with at least 5 recordings of each class."""


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark.

    Parameters
    ----------
    arguments : list of str, optional
        Default: those of the process.

    Returns
    -------
    status : int
        0 all done, 1 some factors failed, 2 the call was wrong or the base failed, 130 interrupted.
    """
    known = factors.factors(recipe("robust"))
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _command(known).parse_args(arguments)
    try:
        chosen = [UNCHANGED, *factors.selected(known, options.only)]
        return _ablate(_study(options), chosen, shlex.join(arguments))
    except (OSError, ValueError) as error:
        print(f"ablation: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("ablation: interrupted; run it again to go on", file=sys.stderr)
        return 130


def _command(known: Sequence[Factor]) -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(
        prog="run.sh bench ablation",
        description=__doc__,
        epilog=f"factors, by group:\n{_listed(known)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = command.add_argument
    add("audio", type=Path, metavar="AUDIO", help="what ./run.sh render takes")
    add("out", type=Path, metavar="OUT", help="folder of pictures, runs and results")
    add("--seeds", type=int, default=3, metavar="N", help="how many, from 0 (default: 3)")
    add(
        "--only",
        nargs="+",
        default=[],
        metavar="FACTOR",
        help="factors or groups of them, see below, or base for it alone (default: all)",
    )
    add(
        "--splits",
        nargs="+",
        choices=SPLITS,
        default=["validation"],
        help="what is judged (default: validation, for nothing is chosen on testing)",
    )
    add("--epochs", type=int, metavar="N", help="default: those of the recipe")
    add(
        "--leave-sources-out",
        type=int,
        nargs="?",
        const=FOLDS,
        default=0,
        dest="folds",
        metavar="K",
        help="put the sources of training and validation into K folds, in place of the given "
        f"splits; judge each fold, calibrate on the next, train on the others (K: {FOLDS})",
    )
    add("--jobs", type=int, default=-1, metavar="N", help="processes that draw (default: all)")
    return command


def _listed(known: Sequence[Factor]) -> str:
    groups: dict[str, list[str]] = defaultdict(list)
    for factor in known:
        groups[factor.group].append(factor.name)
    return "\n".join(f"  {group + ':':<16}{' '.join(names)}" for group, names in groups.items())


def _study(options: argparse.Namespace) -> Study:
    audio, out = options.audio, options.out
    if not audio.exists():
        raise ValueError(f"expected recordings, got {audio}, which does not exist")
    if out.resolve().is_relative_to(audio.resolve()):
        raise ValueError(f"expected a folder outside of {audio}, got {out}")
    if options.seeds < 1:
        raise ValueError(f"expected 1 seed or more, got {options.seeds}")
    if options.folds and options.splits != ["validation"]:
        raise ValueError("expected --leave-sources-out or --splits, got both")
    splits = (LEFT_OUT,) if options.folds else tuple(dict.fromkeys(options.splits))
    return Study(audio, out, splits, options.seeds, options.epochs, options.folds, options.jobs)


def _ablate(study: Study, chosen: Sequence[Factor], command: str) -> int:
    """Carry out what is not finished, the first seed of all factors first, and tell all."""
    single = [one for one in chosen if one.networks == 1]
    trials = [Trial(one, seed) for seed in range(study.seeds) for one in single]
    trials += [Trial(one, 0) for one in chosen if one.networks > 1]
    results: Results = defaultdict(dict)
    waiting = []
    for trial in trials:
        judged = study.finished(trial)
        if all(split in judged for split in study.splits):
            results[trial.factor.name][trial.name] = judged
        else:
            waiting.append(trial)
    failures: dict[str, str] = {}
    for number, trial in enumerate(waiting, 1):
        name = trial.factor.name
        if name in failures:
            continue
        print(f"ablation: {number} of {len(waiting)}: {name}, {trial.name}", file=sys.stderr)
        try:
            results[name][trial.name] = study.carry_out(trial)
        except Exception as error:  # whatever it is, the other factors can still be tried
            failures[name] = " ".join(str(error).split()) or repr(error)
            if trial.factor == UNCHANGED:
                raise ValueError(f"base: {failures[name]}") from error
            print(f"ablation: {name}: {failures[name]}", file=sys.stderr)
            continue
        _write(study, chosen, command, results, failures)
    print(_write(study, chosen, command, results, failures), end="")
    return 1 if failures else 0


def _write(
    study: Study,
    chosen: Sequence[Factor],
    command: str,
    results: "Results",
    failures: dict[str, str],
) -> str:
    """Write both tables and the plot; give the one for people."""
    from benchmarks.ablation.report import markdown, plot, rows, table
    from classify.files import atomic_write

    head = HEAD.format(
        command=command,
        seeds=", ".join(map(str, range(study.seeds))),
        date=datetime.date.today(),
    )
    found = {split: rows(chosen, results, split) for split in study.splits}
    text = markdown(head, found, failures)
    stem = "ablation-left-out" if study.folds else "ablation"
    for suffix, data in (
        ("md", text.encode()),
        ("csv", table(found).encode()),
        ("png", plot(found)),
    ):
        atomic_write(study.out / f"{stem}.{suffix}", data)
    return text


if __name__ == "__main__":
    sys.exit(main())
