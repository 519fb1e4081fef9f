"""How far a part of a recording has to stand out to be called "fake in part".

Splices recordings of training sources, with and without a fake stretch, and scores each with a
network that has met neither its sources nor its clips: every network of RUN is given the recordings
of its own validation.csv. The limit that 1 in 20 recordings without a stretch exceed goes into
RUN/run.json. Until then `detect` calls nothing "fake in part".
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.support.command import argument_parser
from benchmarks.support.splices import FAKE_S, REAL_S, Judged, collect, judge, report
from benchmarks.support.unmet import unmet_recordings
from classify.console import call
from classify.runs.run import Run, load
from detect.detection import Detection, Detector
from detect.segments import best_stretch

FALSE_ALARMS = 0.05
COUNT = 300


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
    parser = argument_parser("calibrate_segments", __doc__)
    parser.add_argument("corpus", type=Path, metavar="CORPUS", help="recordings, with sources")
    parser.add_argument("run", type=Path, metavar="RUN", help="its networks with validation.csv")
    parser.add_argument(
        "--count",
        type=int,
        metavar="N",
        default=COUNT,
        help="recordings without a stretch, and as many with one (default: %(default)s)",
    )
    options = parser.parse_args(arguments)

    def work() -> int:
        run = load(options.run)
        judged = list(_judge(options.corpus, run, options.count))
        run = replace(run, segments=calibrate(judged, run))
        run.save()
        print(json.dumps(run.segments))
        print(report(judged, run))
        return 0

    return call("calibrate_segments", work, {"debug": False})


def calibrate(judged: Sequence[Judged], run: Run, scale: float | None = None) -> dict[str, Any]:
    """Find the limit that 1 in 20 recordings without a fake stretch exceed.

    Parameters
    ----------
    judged : sequence of Judged
    run : Run
    scale : float, optional
        Default: fitted, too.

    Returns
    -------
    segments : dict
        See `detect.segments.limit`, and how it was found.
    """
    real = [one for one in judged if one.splice.fake is None]
    statistics = np.array([_statistic(one.detection, run) for one in real])
    seconds = np.array([one.detection.duration_s for one in real])
    return {
        **fit_limit(statistics, seconds, scale),
        "recordings": len(real),
        "sources": len({one.splice.source for one in real}),
        "real_s": REAL_S,
        "fake_s": FAKE_S,
    }


def fit_limit(
    statistics: np.ndarray, seconds: np.ndarray, scale: float | None = None
) -> dict[str, float]:
    """Fit the limit of `detect.segments.limit` to recordings without a fake stretch.

    Parameters
    ----------
    statistics : np.ndarray, shape=(n,)
        Of the stretch that stands out most.
    seconds : np.ndarray, shape=(n,)
        Lengths of the recordings.
    scale : float, optional
        Default: fitted, too.

    Returns
    -------
    limit : dict
        ``threshold``, ``scale`` and ``false_alarms``.

    Examples
    --------
    >>> fit_limit(np.array([1.0, 1.0, 2.0, 3.0]), np.full(4, 60.0))["scale"]
    1.0
    """
    if scale is None:
        # The tail of a maximum falls exponentially: its mean excess over any value is its scale.
        excess = statistics - np.median(statistics)
        scale = float(excess[excess > 0].mean()) if (excess > 0).any() else 0.0
    margins = statistics - scale * np.log(seconds / 60)
    return {
        "threshold": float(np.quantile(margins, 1 - FALSE_ALARMS)),
        "scale": scale,
        "false_alarms": FALSE_ALARMS,
    }


def _statistic(detection: Detection, run: Run) -> float:
    stretch = None
    if detection.p_fake is not None:
        stretch = best_stretch(detection.scores, run.threshold)
    return 0.0 if stretch is None else stretch.statistic


def _judge(corpus: Path, run: Run, count: int) -> Iterator[Judged]:
    networks = list(unmet_recordings(run))
    for number, (network, unmet) in enumerate(networks):
        recordings = [item for item in collect(corpus) if item.name in unmet]
        # Judged as the whole run judges, whose calibration holds for the windows that users see.
        calibrated = replace(
            network,
            calibration=run.calibration,
            threshold=run.threshold,
            uncertain=run.uncertain,
            training_ranges={},
            segments={},
        )
        detector = Detector(calibrated)
        share = len(range(number, count, len(networks)))
        yield from judge(detector, recordings, share, seed=number)


if __name__ == "__main__":
    sys.exit(main())
