"""What each part of the robust recipe is worth: one factor changed at a time, each with N seeds.

by source   equal error rate, mean over sources, as ./run.sh evaluate finds it
EER         of all recordings
difference  from the base; below 0, the change is for the better

Each is the mean over the seeds, with its 95 % interval over seeds and recordings.

Choose nothing on the testing split, or its error rates no longer hold for other recordings;
--splits opens it, once a recipe is chosen. Calibration is fitted on validation and flatters the
error rates there. --leave-sources-out scores every source with a network that has not met it, as
./run.sh train --folds does.

Writes OUT/ablation.md, .csv and .png after every training, with --leave-sources-out
OUT/ablation-left-out.md and so on. A second call does only what OUT lacks, resumes an interrupted
training, and draws each kind of pictures once.
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
from benchmarks.ablation.runs import FOLDS, LEFT_OUT, FactorRun, Study
from benchmarks.support.command import argument_parser
from benchmarks.support.recordings import SPLITS
from classify.console import call, one_line
from classify.settings import recipe

if TYPE_CHECKING:
    from benchmarks.ablation.report import Results

HEAD = """\
# One factor at a time from the robust recipe

`./run.sh bench ablation {command}`, seeds {seeds}, {date}

Equal error rates, means over the seeds, and their differences from the base (below 0: better), each
with its 95 % interval over seeds (not of an ensemble) and over recordings, of which those of a
speaker are drawn together. Of 20 changes that change nothing, one has an interval without 0. By
source: the mean over the sources, the fakes of each against its own real recordings, or against all
where it has none."""


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
    of_recipe = factors.factors(recipe("robust"))
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _parser(of_recipe).parse_args(arguments)

    def work() -> int:
        selected = [UNCHANGED, *factors.selected(of_recipe, options.only)]
        return _ablate(_study(options), selected, shlex.join(arguments))

    return call("ablation", work, {"debug": False})


def _parser(of_recipe: Sequence[Factor]) -> argparse.ArgumentParser:
    parser = argument_parser("ablation", __doc__)
    parser.epilog = f"factors, by group:\n{_listed(of_recipe)}"
    add = parser.add_argument
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
        help="splits to score (default: validation, for nothing is chosen on testing)",
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
        f"splits; each is scored by the network that has not met it (K: {FOLDS})",
    )
    add("--jobs", type=int, default=-1, metavar="N", help="processes that draw (default: all)")
    return parser


def _listed(of_recipe: Sequence[Factor]) -> str:
    groups: dict[str, list[str]] = defaultdict(list)
    for factor in of_recipe:
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


def _ablate(study: Study, selected: Sequence[Factor], command: str) -> int:
    """Carry out the unfinished runs, the first seed of all factors first, and report on all."""
    single = [factor for factor in selected if factor.networks == 1]
    runs = [FactorRun(factor, seed) for seed in range(study.seeds) for factor in single]
    runs += [FactorRun(factor, 0) for factor in selected if factor.networks > 1]
    results: Results = defaultdict(dict)
    waiting = []
    for run in runs:
        scores = study.finished(run)
        if all(split in scores for split in study.splits):
            results[run.factor.name][run.name] = scores
        else:
            waiting.append(run)
    failures: dict[str, str] = {}
    for number, run in enumerate(waiting, 1):
        name = run.factor.name
        if name in failures:
            continue
        print(f"ablation: {number} of {len(waiting)}: {name}, {run.name}", file=sys.stderr)
        try:
            results[name][run.name] = study.carry_out(run)
        except Exception as error:  # whatever it is, the other factors can still be tried
            failures[name] = one_line(error) or repr(error)
            if run.factor == UNCHANGED:
                raise ValueError(f"base: {failures[name]}") from error
            print(f"ablation: {name}: {failures[name]}", file=sys.stderr)
            continue
        _write(study, selected, command, results, failures)
    print(_write(study, selected, command, results, failures), end="")
    return 1 if failures else 0


def _write(
    study: Study,
    selected: Sequence[Factor],
    command: str,
    results: "Results",
    failures: dict[str, str],
) -> str:
    """Write both tables and the plot; return the table for people."""
    from benchmarks.ablation.report import markdown, plot, rows, table
    from benchmarks.support.report import write

    head = HEAD.format(
        command=command,
        seeds=", ".join(map(str, range(study.seeds))),
        date=datetime.date.today(),
    )
    splits = {split: rows(selected, results, split) for split in study.splits}
    text = markdown(head, splits, failures)
    stem = "ablation-left-out" if study.folds else "ablation"
    write(study.out, stem, text, table(splits), plot(splits))
    return text


if __name__ == "__main__":
    sys.exit(main())
