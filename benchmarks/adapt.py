"""What adapt gains on a source of real recordings, and what it costs on all others.

For each source, COUNT recordings of testing are drawn by a seed and given to ./run.sh adapt. The
others of the source, and all other sources of testing, are judged before and after. Rates are in
percent; those of the others are means over their sources. No recording of testing may be among
those that the run was trained on.
"""

import argparse
import contextlib
import io
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.support.command import argument_parser
from classify.console import call
from classify.prediction.inference import score_arrays
from classify.runs.lookup import default_run
from classify.runs.run import Run, load
from classify.training.adaptation import error_rates
from detect.adaptation.cli import main as adapt
from detect.adaptation.recordings import draw_windows
from detect.render_settings import overlapping
from render.console import one_line
from render.dataset import take_in
from render.index import Index
from render.recording import Recording

SOURCES = ("ravdess", "armenian_phone", "gcompris_voices")  # real speech alone
HEADER = f"{'source':28}{'rest':>6}{'false alarms':>18}{'misses elsewhere':>20}{'seconds':>9}"


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
    return call("bench adapt", _measure, vars(_parser().parse_args(arguments)))


def _parser() -> argparse.ArgumentParser:
    parser = argument_parser("adapt", __doc__)
    add = parser.add_argument
    add("corpus", type=Path, metavar="CORPUS", help="what ./run.sh render takes, with sources")
    add("--run", type=Path, metavar="RUN", dest="folder", help="default: as detect")
    add("--sources", nargs="+", metavar="NAME", default=SOURCES, help=f"default: {SOURCES}")
    add("--count", type=int, metavar="N", default=30, help="to adapt to (default: 30)")
    add("--seed", type=int, metavar="N", default=0, help="of the draw (default: 0)")
    add("--debug", action="store_true", help="show a traceback on an error")
    return parser


def _measure(
    *, corpus: Path, folder: Path | None, sources: tuple[str, ...], count: int, seed: int
) -> int:
    run = load(folder or default_run("bench adapt"))
    with Index() as index:
        take_in(index, corpus)
        recordings = [item for item in index.recordings() if item.split == "test"]
    windows = _draw(recordings, run)
    recordings = [item for item in recordings if item.name in windows]
    before = _scores(run, windows)
    print(HEADER)
    for source in sources:
        real = [item for item in recordings if _source(item) == source and item.label == "real"]
        if len(real) <= count:
            raise ValueError(
                f"expected more than {count} real recordings of {source} in testing, got "
                f"{len(real)}"
            )
        drawn = np.random.default_rng(seed).permutation(len(real))
        begin = time.perf_counter()
        with tempfile.TemporaryDirectory() as scratch:
            after = _adapt(run, [real[number] for number in drawn[:count]], Path(scratch), windows)
        seconds = time.perf_counter() - begin
        rest = [real[number] for number in drawn[count:]]
        others = [item for item in recordings if item.label == "fake" and _source(item) != source]
        alarms = " -> ".join(
            f"{100 * np.mean([llr[item.name] <= 0 for item in rest]):.1f}"
            for llr in (before, after or before)
        )
        misses = " -> ".join(
            f"{100 * _misses(others, llr):.1f}" for llr in (before, after or before)
        )
        kept = "" if after else "  not adapted"
        print(f"{source:28}{len(rest):6}{alarms:>18}{misses:>20}{seconds:9.1f}{kept}")
    return 0


def _source(recording: Recording) -> str:
    return recording.metadata.get("source", "")


def _draw(recordings: list[Recording], run: Run) -> dict[str, np.ndarray]:
    """Windows with speech, by recording; those that detect would not judge are left out."""
    windows, settings = {}, overlapping(run)
    for recording in tqdm(recordings, "bench adapt: draw", disable=None):
        try:
            _, images = draw_windows(recording.path, settings)
            batches = list(images)
        except ValueError as error:
            print(f"{recording.name}: {one_line(error)}", file=sys.stderr)
            continue
        if batches:
            windows[recording.name] = np.concatenate(batches)
    return windows


def _scores(run: Run, windows: Mapping[str, np.ndarray]) -> dict[str, float]:
    bar = tqdm(windows.items(), "bench adapt: score", disable=None)
    return {name: float(run.calibration(score_arrays(run, images).mean())) for name, images in bar}


def _adapt(
    run: Run, recordings: list[Recording], scratch: Path, windows: Mapping[str, np.ndarray]
) -> dict[str, float] | None:
    """Scores after an adaptation, or None where the run is kept."""
    audio, to = scratch / "audio", scratch / "run"
    audio.mkdir()
    for number, recording in enumerate(recordings):
        (audio / f"{number}{recording.path.suffix}").symlink_to(recording.path.resolve())
    with contextlib.redirect_stdout(io.StringIO()) as output:
        status = adapt([str(audio), "--to", str(to), "--run", str(run.folder)])
    print(output.getvalue(), file=sys.stderr)
    if status:
        raise ValueError(f"expected adapt to work, got exit status {status}")
    return _scores(load(to), windows) if to.exists() else None


def _misses(recordings: list[Recording], llr: Mapping[str, float]) -> float:
    """Share of fakes that pass, as the mean over their sources."""
    scores = np.array([llr[recording.name] for recording in recordings])
    return error_rates(
        np.ones(len(scores)), scores, np.array(list(map(_source, recordings)))
    ).misses


if __name__ == "__main__":
    sys.exit(main())
