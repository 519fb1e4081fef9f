"""How strong an adaptation may be, judged by the stored features of a run alone.

For each network and each source of real recordings that it judges wrongly often, a third of the
source is judged by a move of the last layers that the other two thirds gave. Its cost is counted on
the half of the other sources that did not hold the move. No recording and no test split is opened.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.support.command import argument_parser
from classify.console import call
from classify.runs.replay import load_replay_set
from classify.runs.run import Run, load
from classify.training.adaptation import Sample, error_rates, fit_shift, stored_sample

STRENGTHS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 1.0)
ENOUGH = 24  # real recordings of a source
OFTEN = 0.08  # share of them that is called fake
THIRDS = 3
HEADER = f"{'source':26}{'real':>6}{'strength':>10}{'false alarms':>18}{'misses elsewhere':>18}"


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark.

    Parameters
    ----------
    arguments : list of str, optional
        Default: those of the process.

    Returns
    -------
    status : int
        0 all done, 2 the call was wrong.
    """
    return call("bench adapt_strength", _measure, vars(_parser().parse_args(arguments)))


def _parser() -> argparse.ArgumentParser:
    parser = argument_parser("adapt_strength", __doc__)
    add = parser.add_argument
    add("run", type=Path, metavar="RUN", help="networks that left sources out: train --folds")
    add("--debug", action="store_true", help="show a traceback on an error")
    return parser


def _measure(*, run: Path) -> int:
    trained = load(run)
    if trained.is_refit:
        raise ValueError(f"expected a run that left sources out, got a refit on all of them: {run}")
    sources = list(_sources(trained))
    if not sources:
        raise ValueError(
            f"expected a source with at least {ENOUGH} real recordings and {OFTEN:.0%} of them "
            f"called fake, got none: {run}"
        )
    print(HEADER)
    rows = []
    for source, sample in sources:
        for strength in STRENGTHS:
            before, after, cost = judge(sample, source, strength)
            rows.append((strength, before, after, cost))
            count = int((sample.labels[sample.groups == source] == 0).sum())
            print(_row(source, count, *rows[-1]))
    for strength in STRENGTHS:
        same = np.array([row[1:] for row in rows if row[0] == strength])
        print(_row(f"mean of {len(same)}", "", strength, *same.mean(axis=0)))
        print(_row("largest", "", strength, *same.max(axis=0)))
    return 0


def _row(
    name: str, count: int | str, strength: float, before: float, after: float, cost: float
) -> str:
    alarms = f"{100 * before:.1f} -> {100 * after:.1f} %"
    return f"{name:26}{count:>6}{strength:>10.2f}{alarms:>18}{100 * cost:>+13.1f} pts"


def _sources(run: Run) -> Iterator[tuple[str, Sample]]:
    """Sources that a network judges wrongly often, each with all that the network has stored."""
    for network in run.networks:
        sample = stored_sample(load_replay_set(network.folder), run.calibration)
        for source in np.unique(sample.groups):
            llr = sample.llr[(sample.groups == source) & (sample.labels == 0)]
            if len(llr) >= ENOUGH and np.mean(llr <= 0) >= OFTEN:
                yield str(source), sample


def judge(sample: Sample, source: str, strength: float) -> tuple[float, float, float]:
    """Judge adaptations of one strength to a source.

    Parameters
    ----------
    sample : Sample
        All recordings that a network has stored.
    source : str
        Its real recordings are the new ones.
    strength : float
        See `classify.training.adaptation.fit_shift`.

    Returns
    -------
    before, after : float in [0, 1]
        Rate of false alarms among the new recordings.
    cost : float
        What the rate of misses gains on other sources, their mean.
    """
    rng = np.random.default_rng(0)
    is_other = sample.groups != source
    new = rng.permutation(np.flatnonzero(~is_other & (sample.labels == 0)))
    others = rng.permutation(np.unique(sample.groups[is_other]))
    in_half = np.isin(sample.groups, others[::2])
    halves = [(is_other & in_half, is_other & ~in_half), (is_other & ~in_half, is_other & in_half)]
    wrong, costs = [], []
    for third in range(THIRDS):
        rest = new[third::THIRDS]
        own = sample[np.setdiff1d(new, rest)]
        shift = fit_shift(own, sample[is_other], strength)
        wrong += (sample[rest].moved(shift) <= 0).tolist()
        for held, judged in halves:
            costs.append(_cost(sample[judged], fit_shift(own, sample[held], strength)))
    return float(np.mean(sample.llr[new] <= 0)), float(np.mean(wrong)), float(np.mean(costs))


def _cost(sample: Sample, shift: np.ndarray) -> float:
    before, after = (
        error_rates(sample.labels, llr, sample.groups).misses
        for llr in (sample.llr, sample.moved(shift))
    )
    return after - before


if __name__ == "__main__":
    sys.exit(main())
