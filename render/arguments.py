"""Options of the command `render`, each with its unit and default."""

import argparse
from pathlib import Path

from render.console import COMMAND, HOME
from render.layouts.registry import NAMES
from render.representations import LONG, REPRESENTATIONS, SHORT
from render.settings import Settings

DESCRIPTION = """\
Draw every recording of AUDIO as grey spectrogram pictures, in IMAGES/{train,validation,test}/
{real,fake}. AUDIO is a folder with class folders (real, fake or a synonym) at any depth, with or
without split folders; a folder with a manifest.csv (path, label); a CSV file with path and label;
or one of the field's datasets as published. Run it again after a change or an interruption: only
missing or outdated pictures are drawn. Without AUDIO, and with nothing in datasets/audio, it makes
a demonstration corpus of synthetic sounds, which is no evidence about real deepfakes.
"""

EPILOG = """\
sample of the output:
  split      class  recordings   clips  minutes
  train      real          640    1009     29.9
  train      fake          858    1387     41.8
  ...
  failures: 1   already drawn: 0

exit status: 0 all drawn; 1 some recordings failed, each named on standard error and in
IMAGES/failures.csv; 2 the call was wrong or nothing could be drawn
"""


_SHORT_FRAMES = ", ".join(name for name, row in REPRESENTATIONS.items() if row.frame == SHORT)
_NUMBERS = (
    ("seconds", float, "length of a clip, in s"),
    ("overlap", float, "overlap of neighbouring clips, in s"),
    ("rate", int, "sample rate, in Hz"),
    (
        "window",
        int,
        f"analysis frame, in samples; 0: {SHORT[0]} for {_SHORT_FRAMES}, else {LONG[0]}",
    ),
    (
        "hop",
        int,
        f"step between frames, in samples; 0: {SHORT[1]} for {_SHORT_FRAMES}, else {LONG[1]}",
    ),
    ("bands", int, "bands of the filterbank"),
    ("lowest", float, "frequency of the bottom row, in Hz"),
    ("bins", int, "rows an octave"),
    ("coefficients", int, "number of cepstral coefficients"),
    ("cepstrum_range", float, "cepstral coefficient drawn white, in dB"),
    ("delay_range", float, "group delay drawn white, in ms"),
    ("comb_range", float, "strength of a comb or indicator drawn white"),
    ("floor", float, "level drawn black, in dB below a full-scale sine"),
    ("ceiling", float, "level drawn white, in dB below a full-scale sine"),
    ("level", float, "RMS level that every recording is brought to, in dB"),
    ("trim", float, "cut off a beginning and end this many dB below the loudest frame"),
)


def parser() -> argparse.ArgumentParser:
    """Describe every option, with its unit and default."""
    command = argparse.ArgumentParser(
        prog=f"{COMMAND} render",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = command.add_argument
    add("audio", nargs="?", type=Path, metavar="AUDIO", help="default: datasets/audio")
    add(
        "--to",
        type=Path,
        metavar="IMAGES",
        default=HOME / "datasets" / "images",
        help="folder of the pictures (default: datasets/images)",
    )
    add(
        "--preview",
        type=Path,
        metavar="FILE",
        help="draw one recording in every representation on one sheet with axes, FILE.png in the "
        "current folder, and nothing else",
    )
    add("--demo", action="store_true", help="draw the demonstration corpus, in place of AUDIO")
    add("--debug", action="store_true", help="show a traceback on an error")
    _add_dataset(command.add_argument_group("datasets"))
    _add_variants(command.add_argument_group("augmented variants of the training recordings"))
    _add_executor(command.add_argument_group("parallel work"))
    _add_settings(command.add_argument_group("drawing"))
    return command


def _add_dataset(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--layout",
        metavar="NAME",
        choices=NAMES,
        help=f"layout of AUDIO: {', '.join(NAMES)} (default: recognised, and printed)",
    )
    add(
        "--group",
        metavar="COLUMN",
        help="metadata column, for example speaker, whose groups stay in one split where AUDIO has "
        "no splits (default: the layout's own, else every recording by itself)",
    )
    add(
        "--replace",
        action="store_true",
        help="draw into IMAGES even if it holds pictures of other recordings or settings, or more "
        "variants, and delete those",
    )


def _add_variants(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--variants",
        type=int,
        default=1,
        metavar="N",
        help="draw N augmented variants of every training clip of both classes, with noise, "
        "reverb, band limits, clipping or codecs, every second one as a voice message (default: 1)",
    )
    group.add_argument(
        "--noise",
        type=Path,
        metavar="FOLDER",
        help="noise recordings (WAV, FLAC, OGG, Opus, MP3, AIFF, AU) for half of the noisy "
        "variants",
    )


def _add_executor(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--engine", choices=("processes", "dask"), default="processes", help="default: processes")
    add("--jobs", type=int, default=-1, metavar="N", help="processes (default: one a core)")
    add(
        "--scheduler",
        default="",
        metavar="ADDRESS",
        help="Dask scheduler, for example tcp://10.0.0.1:8786; its workers need this project "
        "installed, and AUDIO and IMAGES under the same paths",
    )
    add(
        "--shard",
        type=_shard,
        metavar="I/N",
        help="draw only share I of N, counted from 1, and write no tables: run one share on each "
        "of N machines, then once without --shard",
    )
    add(
        "--timeout",
        type=float,
        default=900.0,
        metavar="N",
        help="seconds after which a recording is given up and listed as a failure (default: 900)",
    )


def _shard(text: str) -> tuple[int, int]:
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise argparse.ArgumentTypeError(f"expected I/N with 1 <= I <= N, got {text}")
    return int(number), int(count)


def _add_settings(group: argparse._ArgumentGroup) -> None:
    """Add one option a field of `Settings`; what is not given is not in the namespace."""

    def add(name: str, text: str, default: object, **more) -> None:
        option, text = f"--{name.replace('_', '-')}", f"{text} (default: {default})"
        group.add_argument(option, default=argparse.SUPPRESS, help=text, **more)

    add("feature", "representation", Settings.feature, choices=REPRESENTATIONS)
    for name, kind, text in _NUMBERS:
        features = ", ".join(key for key, row in REPRESENTATIONS.items() if name in row.options)
        text = f"{text}; for {features}" if features else text
        add(name, text, getattr(Settings, name), type=kind, metavar="N")
    group.add_argument(
        "--relative",
        action="store_true",
        default=argparse.SUPPRESS,
        help="measure levels from each clip's loudest point, not from a full-scale sine",
    )
    for name, text in (("level", "keep the level"), ("trim", "keep silence at the edges")):
        group.add_argument(
            f"--no-{name}",
            dest=name,
            action="store_const",
            const=None,
            default=argparse.SUPPRESS,
            help=text,
        )
