"""The command line of copy-synthesis, ``forge``: parse, call, print."""

import argparse
import os
import shlex
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from render.console import COMMAND, call
from render.recording import SPLITS
from render.vocoders.registry import OURS

if TYPE_CHECKING:
    from render.copysynthesis.copysynthesis import CopyReport

DESCRIPTION = f"""\
Make fakes of the real recordings in REAL by copy-synthesis. A vocoder analyses each recording and
synthesises it anew: a classic vocoder, a neural one (HiFi-GAN), a method that changes the phases,
or a vocoder of yours. A copy has its original's length, level, sample rate and channels. WAV, FLAC,
OGG and MP3 keep their codec and bit rate too; copies of any other format (M4A, WebM, ...) are FLAC.
FAKE gets the folders of REAL, with fake for real.

REAL is a folder of real recordings, or a labelled dataset, whose real recordings are copied. If it
has splits, only training recordings are copied: fakes made from the others would show a detector
in training how validation and test sound. After an interruption, run it again: finished copies
stay. At the end it names the folder that holds originals and copies, and the command to draw it:

  {COMMAND} forge audio/real --to audio/fake      you have real recordings only
  {COMMAND} forge audio --to audio/forged         you have both, and want more fakes to train with
  {COMMAND} forge voices --to corpus              corpus gets the copies and a link to voices

manifest.csv at the top of that folder gets a row for every copy: the method (generator), its kind,
which is classic, neural or other (vocoder_type), the original (source_recording), and the columns
of the original (speaker and so on). Other rows stay.
"""

EPILOG = """\
sample of the output:
  method               copies
  griffin_lim              52
  world_40                 48
  ...
  copies: 640   made now: 640   failures: 0

What it cannot do: the original of a lossy copy (MP3, Vorbis, Opus) was encoded once, its copy
twice, and that alone can tell them apart. The copy of an M4A is FLAC, so even the codec tells them
apart. Give it lossless recordings if you have them; the variants of render --variants N go
through the same codecs in both classes. A copy keeps the words, the melody and the pauses of its
original: a detector that knows only copies has learned the traces of vocoders and nothing else.
HiFi-GAN takes a core about as long as the recording lasts.

a vocoder of yours: a function (samples, rate, rng) -> samples, which returns as many mono floats as
it gets. An installed package offers it as an entry point of the group spoofsight.vocoders; give its
name to --methods

exit status: 0 all copied; 1 some recordings failed, each named on standard error; 2 the call was
wrong or nothing could be copied
"""


def parser() -> argparse.ArgumentParser:
    """Describe every option, with its unit and default."""
    command = argparse.ArgumentParser(
        prog=f"{COMMAND} forge",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = command.add_argument
    add("real", type=Path, metavar="REAL", help="folder of real recordings, or labelled dataset")
    add("--to", type=Path, required=True, metavar="FAKE", help="folder of the copies")
    add(
        "--methods",
        type=_list,
        default=OURS,
        metavar="A,B,C",
        help=f"among which each recording's is drawn: {', '.join(OURS)}, or a vocoder of yours "
        "(default: all of these); classic and neural ones, as hifigan is, are drawn equally often",
    )
    add(
        "--copies",
        type=int,
        default=1,
        metavar="N",
        help="of each recording, by as many methods (default: 1)",
    )
    add(
        "--splits",
        type=_list,
        default=("train",),
        metavar="A,B,C",
        help=f"among {', '.join(SPLITS)}: whose recordings are copied, where REAL has splits "
        "(default: train)",
    )
    add(
        "--no-link",
        dest="link",
        action="store_false",
        help="put no link to REAL beside the copies, where one folder does not hold both",
    )
    add("--seed", type=int, default=0, metavar="N", help="0 or more (default: 0)")
    add("--jobs", type=int, default=-1, metavar="N", help="processes (default: one a core)")
    add("--debug", action="store_true", help="show a traceback on an error")
    return command


def _list(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : list of str, optional
        Default: those of the process.

    Returns
    -------
    status : int
        0 all copied, 1 some recordings failed, 2 nothing could be done.
    """
    return call("forge", _copy_dataset, vars(parser().parse_args(arguments)))


def _copy_dataset(real: Path, to: Path, jobs: int, link: bool, **options) -> int:
    from render.copysynthesis.copysynthesis import copy_dataset
    from render.copysynthesis.plan import CopyOptions

    report = copy_dataset(real, to, CopyOptions(**options), jobs=jobs, link=link)
    for line in _warnings(report, options["splits"]):
        print(f"forge: {line}", file=sys.stderr)
    print(_table(report))
    if not report.results:
        raise ValueError(
            f"expected a recording that can be copied, got {len(report.failures)} failures"
        )
    print(f"forge: to draw originals and copies: {_render_command(report)}", file=sys.stderr)
    return 1 if report.failures else 0


def _table(report: "CopyReport") -> str:
    """Table of the copies by method, and their total."""
    counts = Counter(result.job.method for result in report.results)
    fresh = sum(result.fresh for result in report.results)
    lines = [f"{'method':<20} {'copies':>6}"]
    lines += [f"{method:<20} {count:>6}" for method, count in sorted(counts.items())]
    total = f"copies: {len(report.results)}   made now: {fresh}   failures: {len(report.failures)}"
    converted = sum(result.converted for result in report.results)
    return "\n".join([*lines, total + (f"   as FLAC: {converted}" if converted else "")])


def _warnings(report: "CopyReport", splits: tuple[str, ...]) -> Iterator[str]:
    """Lines for standard error: results that a user may not expect."""
    source = report.source
    left_out = sorted(source.splits("real") - {"", *splits})
    if left_out:
        yield f"left alone: real recordings of {' and '.join(left_out)} (see --splits)"
    if unfaked := [split for split in left_out if split not in source.splits("fake")]:
        yield f"there are no fakes in {' and '.join(unfaked)}: a detector cannot be judged there"
    if lossy := sum(result.lossy for result in report.results):
        yield f"{lossy} copies are encoded once more than their originals (see --help)"
    if converted := [result.job.source.path for result in report.results if result.converted]:
        suffixes = " ".join(sorted({path.suffix for path in converted}))
        yield (
            f"warning: {len(converted)} copies are FLAC and their originals are not ({suffixes}): "
            "the format alone tells fake from real; convert the originals to FLAC first"
        )
    if report.corpus.originals is None:
        yield f"{_display(report.corpus.top)} holds the copies alone, not their originals"
    if report.manifest_changed:
        yield f"{_display(report.corpus.top / 'manifest.csv')} has a row for every copy"


def _render_command(report: "CopyReport") -> str:
    """The command that draws the corpus, with copies in the split of their originals."""
    has_splits = bool(report.source.splits("real") - {""})
    group = "" if has_splits else " --group source_recording"
    return f"{COMMAND} render {shlex.quote(_display(report.corpus.top))}{group}"


def _display(path: Path) -> str:
    """A path relative to the working directory, if it is below it."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    sys.exit(main())
