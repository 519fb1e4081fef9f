"""The command line of `detect`: parse, call, print."""

import csv
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from detect.arguments import parser

if TYPE_CHECKING:
    from classify.prediction.verdicts import Refusal
    from classify.runs.run import Run
    from detect.detection import Detection
    from detect.figure_files import FigureWriter
    from detect.sources import Source

STDIN = "-"


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : list of str, optional
        Default: those of the process.

    Returns
    -------
    status : int
        0 all done, 1 some recordings failed, 2 nothing could be done.
    """
    options = vars(parser().parse_args(arguments))
    debug = options.pop("debug")
    try:
        return _detect(**options)
    except (OSError, ValueError) as error:
        if debug:
            raise
        _tell(str(error))
        return 2
    except KeyboardInterrupt:
        _tell("interrupted")
        return 130


def _detect(
    *,
    names: list[str],
    folder: Path,
    format: str,
    timeline: Path | None,
    explain: Path | None,
    step: float | None,
    limit: float,
    raw: int | None,
) -> int:
    from classify.runs.run import load
    from detect.detection import Detector
    from detect.figure_files import EXPLANATION, TIMELINE, FigureWriter

    if raw is not None and STDIN not in names:
        raise ValueError(f"expected {STDIN} for standard input beside --raw, got none")
    detector = Detector(load(folder), step_s=step, limit_s=limit)
    with ExitStack() as stack:
        sources = list(_sources(names, raw, stack))
        asked = {TIMELINE: timeline, EXPLANATION: explain}
        wanted = {what: target for what, target in asked.items() if target is not None}
        artist = FigureWriter(detector, wanted, single=len(sources) == 1)
        if detector.run.caveat:
            _tell(f"warning: {detector.run.caveat}")
        if not detector.run.training_ranges:
            _tell(f"{folder} does not say what its training recordings were like: no warnings")
        return _print(_results(sources, artist), format, detector.run)


def _sources(names: list[str], raw: int | None, stack: ExitStack) -> "Iterator[Source | Refusal]":
    """List the recordings; standard input is kept in a file until the stack is left."""
    from classify.prediction.verdicts import Refusal
    from detect.sources import Source, expand
    from detect.stdin import spooled

    if names.count(STDIN) > 1:
        raise ValueError(f"expected standard input once, got {STDIN} {names.count(STDIN)} times")
    for name in names:
        if name == STDIN:
            try:
                path = stack.enter_context(spooled(sys.stdin.buffer, raw))
            except (OSError, ValueError) as error:
                yield Refusal(STDIN, str(error))
            else:
                yield Source(STDIN, path, "standard-input")
        else:
            yield from expand([name])


def _results(
    sources: "list[Source | Refusal]", artist: "FigureWriter"
) -> "Iterator[tuple[Detection | Refusal, str | None]]":
    """Judge and illustrate, with a bar unless the verdicts themselves show how far it is."""
    from tqdm import tqdm

    from classify.prediction.verdicts import Refusal
    from detect.detection import detect

    results = zip(sources, detect(artist.detector, sources), strict=True)
    for source, result in tqdm(
        results, "detect", len(sources), unit="recording", disable=len(sources) == 1 or None
    ):
        if isinstance(source, Refusal) or isinstance(result, Refusal):
            yield result, None
            continue
        try:
            yield result, artist.draw(source, result)
        except (OSError, ValueError) as error:
            yield result, None
            yield Refusal(source.name, f"not drawn: {' '.join(str(error).split())}"), None


def _print(
    results: "Iterator[tuple[Detection | Refusal, str | None]]", format: str, run: "Run"
) -> int:
    """Print verdicts, text sorted once all are there, and give the status."""
    from classify.prediction.verdicts import Refusal
    from detect import output

    rows = csv.writer(sys.stdout, lineterminator="\n")
    if format == "csv":
        rows.writerow(output.HEADER)
    kept: list[tuple[Detection, str | None]] = []
    done = refused = 0
    try:
        for result, sentence in results:
            if isinstance(result, Refusal):
                refused += 1
                _tell(f"{result.path}: {result.reason}")
                continue
            done += 1
            if format == "json":
                print(output.to_json(result, sentence), flush=True)
            elif format == "csv":
                rows.writerow(output.row(result))
                if sentence:
                    _tell(f"{result.path}: {sentence}")
            else:
                for warning in result.warnings:
                    if warning != run.caveat:  # said once already, for all recordings
                        _tell(f"{result.path}: warning: {warning}")
                kept.append((replace(result, windows=()), sentence))
    finally:
        # Of an interrupted folder, too, what is known is said.
        for found, sentence in sorted(kept, key=lambda one: output.suspicion(one[0]), reverse=True):
            print(output.line(found, run.classes[1]))
            if sentence:
                print(f"           {sentence}")
    return 2 if not done else 1 if refused else 0


def _tell(line: str) -> None:
    """Write a line to standard error, above a bar that may be there."""
    from tqdm import tqdm

    from detect.sources import printable

    tqdm.write(f"detect: {printable(line)}", file=sys.stderr)
