"""Options of the command line of `detect`, with their units and defaults."""

import argparse
from pathlib import Path

from render.console import COMMAND

MIX, EACH = "mix", "each"
TABLE = ("overwrite", "jobs", "engine", "scheduler")  # options that only --to takes

DESCRIPTION = """\
Say whether recordings of speech are real, fake or uncertain. FILE is a recording of any length and
format, a folder (all recordings below it), a pattern, or - for standard input. The percentage is
the calibrated probability of the likelier class, were real and fake equally frequent. The seconds
are the window with the highest P(fake). Several recordings are printed once all are done, the most
suspicious first.

A recording is drawn in memory as the run's pictures were, in windows that overlap. Windows without
speech (silence, noise, tones) do not count; without any other, the verdict is "no speech".

Suspicious windows that touch are joined into segments, a line each. "fake in part" means that a
segment stands out from the rest, which is real: of 20 real recordings, 1 is told so by mistake.
"""
EPILOG = """\
sample of the output:
  fake       97.3 %  P(fake) 0.973     12.0-14.0 s  interview.mp3
  fake in part       P(fake) 0.214     71.0-73.0 s  speech.mp3
    segment          P(fake) 0.951     68.5-75.5 s
  real       91.0 %  P(fake) 0.090       1.0-3.0 s  voicemail.wav
  no speech                                         dial-tone.wav

sample of --to results.csv, some of its columns:
  path,label,confidence,p_fake,...,size,modified,detector,error
  inbox/a.wav,fake,97.3,0.973,...,64044,2026-11-30T09:30:00.000000000Z,5f1c0a9be277,
  inbox/b.wav,not judged,,,...,12,2026-11-30T09:31:00.000000000Z,5f1c0a9be277,"expected audio ..."

exit status: 0 all done; 1 some recordings failed, each named on standard error; 2 the call was
wrong, or all failed
"""


def parser() -> argparse.ArgumentParser:
    """Describe every option, with its unit and default."""
    command = argparse.ArgumentParser(
        prog=f"{COMMAND} detect",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = command.add_argument
    add("names", nargs="+", metavar="FILE", help="recording, folder, pattern or -")
    add(
        "--run",
        type=Path,
        metavar="RUN",
        dest="folder",
        help="folder of the run (default: checkpoints/default, else checkpoints/pretrained)",
    )
    add(
        "--format",
        choices=("text", "json", "csv"),
        default="text",
        help="json is one object a line; both json and csv keep the order of FILE (default: text)",
    )
    add(
        "--timeline",
        type=Path,
        metavar="PNG",
        help="draw waveform, spectrogram and P(fake) over time into a folder, or of a single "
        "recording into a file that ends in .png",
    )
    add(
        "--explain",
        type=Path,
        metavar="PNG",
        help="draw what speaks for and against fake in the most suspicious window, and print it "
        "as a sentence; a folder or file as for --timeline",
    )
    add(
        "--channels",
        choices=(MIX, EACH),
        default=MIX,
        help="judge the mix of all channels, or each by itself, as of a call with a speaker a "
        "channel (default: mix)",
    )
    _add_files(command)
    _add_numbers(command)
    _add_table(command.add_argument_group("many recordings"))
    add("--debug", action="store_true", help="show a traceback on an error")
    return command


def _add_files(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--labels",
        choices=("audacity", "textgrid", "rttm"),
        help="write the suspicious segments of each recording for Audacity, Praat and ELAN, or "
        "diarisation tools, into --labels-to",
    )
    add("--labels-to", type=Path, metavar="FOLDER", help="folder of the label files")
    add(
        "--windows",
        type=Path,
        metavar="FILE",
        help="write every window with its P(fake) into a .csv or .parquet file",
    )


def _add_numbers(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--step",
        type=float,
        metavar="N",
        help="seconds from one window to the next (default: half a clip of the run)",
    )
    add(
        "--timeout",
        type=float,
        metavar="N",
        default=900.0,
        help="seconds that one recording may take before it fails (default: 900)",
    )
    add(
        "--raw",
        type=_rate,
        metavar="HZ",
        help="sample rate of standard input without a header: 16 bit, little-endian, mono",
    )


def _add_table(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--to",
        type=Path,
        metavar="TABLE",
        help="write a .csv or .parquet file, by path, with a row a recording and what failed; "
        "interrupted in whatever way, the same call goes on; later it judges what is new, has "
        "changed in size or time, or failed",
    )
    add(
        "--overwrite",
        action="store_true",
        help="begin anew where TABLE holds results of another run, --step or --channels",
    )
    add("--jobs", type=int, metavar="N", help="processes (default: one a core)")
    add("--engine", choices=("processes", "dask"), default="processes", help="default: processes")
    add(
        "--scheduler",
        default="",
        metavar="ADDRESS",
        help="Dask scheduler, for example tcp://10.0.0.1:8786; its workers need this project "
        "installed, and RUN and the recordings under the same paths",
    )


def _rate(text: str) -> int:
    if not text.isdecimal() or not 1_000 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"expected a rate of 1000 to 1000000 Hz, got {text}")
    return int(text)
