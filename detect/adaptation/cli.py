"""Command line of `adapt`: ``python -m detect.adaptation.cli``."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from render.console import COMMAND, call, one_line

if TYPE_CHECKING:
    from classify.runs.run import Run
    from classify.training.adaptation import Trial
    from classify.training.adapted_run import Adaptation
    from detect.adaptation.recordings import LabelledRecording
    from render.settings import Settings

DESCRIPTION = f"""\
Adapt a run to recordings of your own channel: your phone, your studio, your language. The last
layers of its networks move a little, so that fewer of your recordings are judged wrongly. Stored
features of recordings that the run has not met hold them where they were.

AUDIO is a folder of real recordings, 20 or more, or a dataset that {COMMAND} render reads, with
real and fake. Each third of the recordings is judged by layers that were fitted on the other two
thirds. Where every move leaves as many errors, or costs more than 1.5 percentage points of misses
or 3 of false alarms elsewhere, nothing is written: go on with the old run.

Real recordings alone teach that your channel sounds real. Fakes in your channel are then missed
more often, and nothing here can tell how often: add fakes if you have any.
"""
EPILOG = """\
sample of the output:
                           before    after
  own, false alarms         9/30      2/30
  own, misses               0/0       0/0
  elsewhere, false alarms  12.1 %    12.4 %
  elsewhere, misses        18.0 %    18.9 %
  the adapted run is in checkpoints/mine

exit status: 0 all done, also where the old run is kept; 1 some recordings failed, each named on
standard error; 2 nothing could be done
"""


def main(words: list[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    words : list of str, optional
        Default: the arguments of the process.

    Returns
    -------
    status : int
        0 all done, 1 some recordings failed, 2 nothing could be done.
    """
    return call("adapt", _adapt, vars(_parser().parse_args(words)), "interrupted")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"{COMMAND} adapt",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("audio", type=Path, metavar="AUDIO", help="recordings to adapt to, at least 20")
    add("--to", type=Path, metavar="RUN", required=True, help="folder of the new run")
    add(
        "--run",
        type=Path,
        metavar="RUN",
        dest="old",
        help="the run to adapt (default: checkpoints/default, else checkpoints/pretrained)",
    )
    add("--debug", action="store_true", help="show a traceback on an error")
    return parser


def _adapt(*, audio: Path, to: Path, old: Path | None) -> int:
    from classify.class_names import is_fake_known
    from classify.prediction.verdicts import Refusal
    from classify.runs.lookup import default_run
    from classify.runs.run import load
    from detect import render_settings
    from detect.adaptation.recordings import is_labelled, list_recordings

    if to.exists() and not (to.is_dir() and not any(to.iterdir())):
        raise ValueError(f"expected a new folder, got {to}, which exists: give another --to")
    run = load(old or default_run("adapt"))
    if not is_fake_known(run.classes):
        names = " and ".join(run.classes)
        raise ValueError(f"expected a run that tells real from fake, got one of {names}")
    settings = render_settings.overlapping(run)
    if not audio.exists():
        raise ValueError(f"expected recordings, got {audio}, which does not exist")
    labelled = is_labelled(audio)
    if not labelled:
        _report(f"{audio} has no class folders: all its recordings are taken for real")
    refused, recordings = 0, []
    for item in list_recordings(audio, labelled):
        if isinstance(item, Refusal):
            refused += 1
            _report(f"{item.path}: {item.reason}")
        else:
            recordings.append(item)
    _require_enough(len(recordings), audio)
    adaptation = _see(run, recordings, settings)
    _require_enough(len(adaptation.labels), audio)
    _adapt_to(adaptation, to)
    return 1 if refused or len(adaptation.labels) < len(recordings) else 0


def _require_enough(count: int, audio: Path) -> None:
    from classify.training.adaptation import FEWEST

    if count < FEWEST:
        raise ValueError(
            f"expected {FEWEST} recordings with speech in {audio} or more, got {count}"
        )


def _see(run: "Run", recordings: "list[LabelledRecording]", settings: "Settings") -> "Adaptation":
    """Draw all recordings and show them to the networks."""
    from tqdm import tqdm

    from classify import backend

    backend.load()
    from classify.training.adapted_run import Adaptation
    from detect.adaptation.recordings import FAKE, draw_windows

    adaptation = Adaptation(run)
    for recording in tqdm(recordings, "adapt", unit="recording", disable=None):
        try:
            file, windows = draw_windows(recording.path, settings)
            label = int(recording.label == FAKE)
            if not adaptation.add(windows, label, file.codec, file.bit_rate_kbps):
                _report(f"{recording.name}: expected speech, got none")
        except (OSError, ValueError) as error:
            _report(f"{recording.name}: {one_line(error)}")
    return adaptation


def _adapt_to(adaptation: "Adaptation", to: Path) -> None:
    """Choose a strength, print what it does, and write the run if it helps."""
    from classify.training.adaptation import choose, cross_validate

    _report("fitting")
    before, trials = cross_validate(adaptation.own, adaptation.replay)
    trial = choose(before, trials)
    if trial is None:
        kept = adaptation.run.folder
        wrong, count = before.wrong, len(adaptation.labels)
        print(
            f"not adapted: {wrong} of {count} own recordings are judged wrongly, and no adaptation "
            f"leaves fewer without too many errors elsewhere; go on with {kept}"
        )
        return
    _report("writing")
    adaptation.write(to, trial, before)
    print(_table(before, trial))
    print(f"the adapted run is in {to}")


def _table(before: "Trial", after: "Trial") -> str:
    rows = [f"{'':24}{'before':>9}{'after':>9}"]
    for index, name in enumerate(("false alarms", "misses")):
        counts = [f"{part.own.wrong[index]}/{part.own.total[index]}" for part in (before, after)]
        rows.append(f"{'own, ' + name:24}{counts[0]:>9}{counts[1]:>9}")
    for key, name in (("false_alarms", "false alarms"), ("misses", "misses")):
        rates = [f"{100 * getattr(part.elsewhere, key):.1f} %" for part in (before, after)]
        rows.append(f"{'elsewhere, ' + name:24}{rates[0]:>9}{rates[1]:>9}")
    return "\n".join(rows)


def _report(line: str) -> None:
    from tqdm import tqdm

    from detect.sources import printable

    tqdm.write(f"adapt: {printable(line)}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
