"""Fake stretches of real recordings: how many `detect` finds, and whether in the right place.

Splices recordings of testing sources: 20 to 120 s of one real source, half of them with a stretch
of 2 to 20 s of one fake source. Clips have one level and all joints are alike. A stretch is found
if a segment that stands out begins and ends within 2 s of it. Stated for the limit of RUN, see
./run.sh bench calibrate_segments, and for the one at which 1 in 20 recordings without a stretch
raise an alarm here.
"""

import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.calibrate_segments import calibrate
from benchmarks.support.command import argument_parser
from benchmarks.support.splices import BAR_S, FAKE_S, collect, found, judge, report
from benchmarks.support.timing import verdict
from classify.console import call
from classify.runs.run import load
from detect.detection import Detector

BAR = 0.8
COUNT = 200


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark.

    Parameters
    ----------
    arguments : list of str, optional
        Default: those of the process.

    Returns
    -------
    status : int
        0 bar met, 1 missed, 2 the call was wrong.
    """
    parser = argument_parser("splices", __doc__)
    parser.add_argument("corpus", type=Path, metavar="CORPUS", help="recordings, with sources")
    parser.add_argument("run", type=Path, metavar="RUN", help="a run whose segments are calibrated")
    parser.add_argument(
        "--count",
        type=int,
        metavar="N",
        default=COUNT,
        help="recordings without a stretch, and as many with one (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    return call(
        "splices", lambda: _measure(options.corpus, options.run, options.count), {"debug": False}
    )


def _measure(corpus: Path, folder: Path, count: int) -> int:
    run = load(folder)
    if not run.segments:
        raise ValueError(
            f"expected a run whose segments are calibrated, got {folder}: "
            "./run.sh bench calibrate_segments CORPUS RUN calibrates them"
        )
    recordings = [recording for recording in collect(corpus) if recording.split == "test"]
    judged = list(judge(Detector(run), recordings, count))
    print(f"limit of the run, {run.segments['threshold']:.2f}:\n{report(judged, run)}\n")
    here = replace(run, segments=calibrate(judged, run, run.segments["scale"]))
    print(f"limit of 1 in 20 here, {here.segments['threshold']:.2f}:\n{report(judged, here)}\n")
    share = float(found(judged, here, BAR_S, FAKE_S[1])[1].mean())
    print(f"stretches of {BAR_S:g} s and more: {share:.3f}   bar {BAR}: {verdict(share >= BAR)}")
    return 0 if share >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
