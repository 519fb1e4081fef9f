"""The command line of `render`: parse, call, print."""

import argparse
import os
import sys
from pathlib import Path

from render.settings import FEATURES, Settings

HOME = Path(os.environ.get("SPOOFSIGHT_HOME", "."))
DEMO = HOME / "datasets" / "demo" / "audio"

DESCRIPTION = """\
Draw every recording of AUDIO as grey spectrogram pictures, in IMAGES/{train,validation,test}/
{real,fake}. AUDIO holds class folders (real, fake or a synonym) at any depth, with split folders
or without; or a manifest.csv with path and label. Run it again after a change or an interruption:
only what is missing or out of date is drawn. Without AUDIO, and with nothing in datasets/audio, it
makes a demonstration corpus of synthetic sounds, which is no evidence about real deepfakes.
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


def parser() -> argparse.ArgumentParser:
    """Describe every option, with its unit and default."""
    command = argparse.ArgumentParser(
        prog="run.sh render",
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
    add("--demo", action="store_true", help="draw the demonstration corpus, whatever there is")
    add("--jobs", type=int, default=-1, metavar="N", help="processes (default: one a core)")
    add(
        "--group",
        metavar="COLUMN",
        help="column of AUDIO/manifest.csv, for example speaker, whose values stay in one split "
        "where AUDIO has no splits (default: every recording by itself)",
    )
    add(
        "--replace",
        action="store_true",
        help="draw into IMAGES, and delete what is there, even if it is of other recordings",
    )
    add("--debug", action="store_true", help="show a traceback on an error")
    _add_settings(command.add_argument_group("how to draw"))
    return command


def _add_settings(group: argparse._ArgumentGroup) -> None:
    """Add one option a field of `Settings`; what is not given is not in the namespace."""

    def add(name: str, text: str, default: object, **more) -> None:
        group.add_argument(
            f"--{name}", default=argparse.SUPPRESS, help=f"{text} (default: {default})", **more
        )

    add("feature", "representation", Settings.feature, choices=FEATURES)
    for name, kind, text in (
        ("seconds", float, "length of a clip, in s"),
        ("overlap", float, "what neighbouring clips share, in s"),
        ("rate", int, "sample rate, in Hz"),
        ("window", int, "length of an analysis frame, in samples"),
        ("hop", int, "step between frames, in samples"),
        ("bands", int, "mel bands"),
        ("floor", float, "level drawn black, in dB below a full-scale sine"),
        ("ceiling", float, "level drawn white, in dB below a full-scale sine"),
        ("level", float, "RMS level that every recording is brought to, in dB"),
        ("trim", float, "cut off a beginning and end this many dB below the loudest frame"),
    ):
        add(name, text, getattr(Settings, name), type=kind, metavar="N")
    for name, text in (("level", "keep the level"), ("trim", "keep silence at the edges")):
        group.add_argument(
            f"--no-{name}",
            dest=name,
            action="store_const",
            const=None,
            default=argparse.SUPPRESS,
            help=text,
        )


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : list of str, optional
        Default: those of the process.

    Returns
    -------
    status : int
        0 all drawn, 1 some recordings failed, 2 nothing could be done.
    """
    options = vars(parser().parse_args(arguments))
    debug = options.pop("debug")
    try:
        return _render(**options)
    except (OSError, ValueError) as error:
        if debug:
            raise
        print(f"render: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("render: interrupted; run it again to go on", file=sys.stderr)
        return 130


def _render(
    audio: Path | None, to: Path, demo: bool, jobs: int, group: str | None, replace: bool, **drawing
) -> int:
    settings = Settings(**drawing)
    from render import demonstration
    from render.dataset import render

    if demo or (audio is None and not _has_files(HOME / "datasets" / "audio")):
        if not demo:
            print("render: no AUDIO given and nothing in datasets/audio", file=sys.stderr)
        print(
            f"render: making a demonstration corpus in {DEMO}: synthetic sounds, to try the tool "
            "with; what is measured on it is no evidence about real deepfakes",
            file=sys.stderr,
        )
        demonstration.make(DEMO, jobs=jobs)
        audio = DEMO
    summary = render(
        audio or HOME / "datasets" / "audio", to, settings, jobs=jobs, group=group, replace=replace
    )
    if summary.ignored:
        kinds = ", ".join(f"{suffix} {n}" for suffix, n in sorted(summary.ignored.items()))
        print(f"render: not looked at, no audio by name: {kinds}", file=sys.stderr)
    if summary.removed:
        print(f"render: deleted {summary.removed} outdated pictures", file=sys.stderr)
    print(summary.table())
    if not summary.drawn:
        raise ValueError(
            f"expected a recording that can be drawn, got {len(summary.failures)} "
            f"failures, listed in {to / 'failures.csv'}"
        )
    print(f"pictures in {to}", file=sys.stderr)
    return 1 if summary.failures else 0


def _has_files(folder: Path) -> bool:
    return any(path.is_file() for path in folder.rglob("*"))
