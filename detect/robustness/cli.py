"""Command line of `evaluate` with recordings: ``python -m detect.robustness.cli``.

It adds ``--robustness`` to ``python -m classify evaluate``, which knows pictures only. The scores
of degraded recordings become part of the same report.
"""

import argparse
import sys
from pathlib import Path

from classify import arguments, cli

ROBUSTNESS = """\
Degrade recordings in memory, draw them with the settings of the run, and judge them. The report
gets a heat map of the EER, and metrics.json the EER and the error rates of the stored threshold,
degraded and clean. All randomness is seeded by the name of the recording.

conditions, by group (both can be named):
  codec   mp3-128 mp3-64 mp3-32 aac-64 aac-32 opus-32 opus-16 vorbis-2 gsm mu-law
  band    telephone                              300 to 3400 Hz
  noise   noise-20 noise-10 noise-5              white, signal-to-noise ratio in dB
  room    room-near room-far                     reverberation time 0.3 and 0.7 s
  gain    gain-low gain-high                     -20 dB in 16 bits, and +12 dB, clipped
  rate    rate-8 rate-11 rate-22 rate-44         resampled through 8, 11.025, 22.05, 44.1 kHz
  speed   speed-0.9 speed-1.1
  length  length-0.5 length-1 length-2 length-3 length-4   a piece of so many seconds; shorter
          recordings are left out, also of the clean EER that the change is from

sample of the output:
  robustness                n  EER                   change                   HTER   FPR    FNR
  clean                   424  0.179 [0.084, 0.297]                          0.188  0.215  0.160
  MP3 64 kbit/s           424  0.285 [0.191, 0.432]  +0.107 [+0.042, +0.210] 0.497  0.000  0.993
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
        0 all done, 1 some pictures or recordings failed, 2 nothing could be done.
    """
    words = sys.argv[1:] if words is None else words
    options = arguments.parser(_add_robustness).parse_args(["evaluate", *words])
    return cli.carry_out(vars(options), {"evaluate": _evaluate})


def _add_robustness(verb: argparse.ArgumentParser) -> None:
    group = verb.add_argument_group("robustness", ROBUSTNESS)
    group.add_argument(
        "--robustness",
        type=Path,
        metavar="AUDIO",
        dest="audio",
        help="recordings, as render takes them; those of the split are judged, by "
        "IMAGES/manifest.csv if it names them",
    )
    group.add_argument(
        "--conditions",
        nargs="+",
        metavar="NAME",
        help="conditions or groups, besides clean (default: all)",
    )
    group.add_argument(
        "--jobs", type=int, metavar="N", default=-1, help="processes (default: -1, one a core)"
    )


def _evaluate(audio: Path | None, conditions: list[str] | None, jobs: int, **options) -> int:
    degrade = None
    if audio is None and conditions:
        raise ValueError("expected --robustness AUDIO beside --conditions, got none")
    if audio is not None:
        from classify.runs.run import load
        from detect.robustness.sweep import Sweep
        from render.parallel import Executor

        run, dataset, split = load(options["folder"]), options["dataset"], options["split"]
        degrade = Sweep(audio, run, dataset, split, conditions or (), Executor(jobs=jobs))
    return cli.VERBS["evaluate"](**options, degrade=degrade)


if __name__ == "__main__":
    sys.exit(main())
