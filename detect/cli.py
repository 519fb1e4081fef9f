"""The command line of `detect`: parse, call, print."""

import csv
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detect.arguments import EACH, TABLE, parser
from render.console import call, one_line

if TYPE_CHECKING:
    from classify.prediction.verdicts import Refusal
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
    after = "interrupted; run it again to go on" if options["to"] else "interrupted"
    return call("detect", _detect, options, after)


def _detect(*, to: Path | None, **options: Any) -> int:
    """Print verdicts, or write them into a table."""
    table = {name: options.pop(name) for name in TABLE}
    if to is not None:
        return _to_table(to, table, options)
    for name in TABLE:
        if table[name] != parser().get_default(name):
            raise ValueError(f"expected --to beside --{name}, got none")
    return _to_stdout(**options)


def _to_table(path: Path, table: dict[str, Any], options: dict[str, Any]) -> int:
    from detect.batch.command import to_table

    allowed = ("names", "folder", "step", "timeout", "channels")
    for name in options:
        if name not in allowed and options[name] != parser().get_default(name):
            raise ValueError(f"expected --to without --{name}, got both")
    if STDIN in options["names"]:
        raise ValueError(f"expected files to judge with --to, got {STDIN} for standard input")
    return to_table(path, _report, **table, **{name: options[name] for name in allowed})


def _to_stdout(
    *,
    names: list[str],
    folder: Path | None,
    format: str,
    timeline: Path | None,
    explain: Path | None,
    step: float | None,
    timeout: float,
    raw: int | None,
    channels: str,
    labels: str | None,
    labels_to: Path | None,
    windows: Path | None,
) -> int:
    from classify.runs.lookup import default_run
    from classify.runs.run import load
    from detect.detection import Detector, report_doubts
    from detect.figure_files import EXPLANATION, TIMELINE, FigureWriter
    from detect.sources import each_channel

    if raw is not None and STDIN not in names:
        raise ValueError(f"expected {STDIN} for standard input beside --raw, got none")
    if (labels is None) != (labels_to is None):
        raise ValueError("expected --labels and --labels-to together, got one of them")
    run = load(folder or default_run("detect"))
    detector = Detector(run, step_s=step, timeout_s=timeout)
    with ExitStack() as stack:
        ignored: Counter[str] = Counter()
        sources = list(_sources(names, raw, stack, ignored))
        if channels == EACH:
            sources = list(each_channel(sources))
        if ignored:
            kinds = ", ".join(f"{suffix} {count}" for suffix, count in sorted(ignored.items()))
            _report(f"not looked at: {kinds}")
        options = {TIMELINE: timeline, EXPLANATION: explain}
        targets = {kind: target for kind, target in options.items() if target is not None}
        writer = FigureWriter(detector, targets, single=len(sources) == 1)
        report_doubts(run, _report)
        writers = list(_writers(labels, labels_to, windows, run.classes, stack))
        return _print(_results(sources, writer, writers), format, run.classes)


def _writers(
    labels: str | None,
    labels_to: Path | None,
    windows: Path | None,
    classes: tuple[str, str],
    stack: ExitStack,
) -> "Iterator[Callable[[Source, Detection], None]]":
    """Writers of what the command line asks for; their files are whole once the stack closes."""
    if labels is not None and labels_to is not None:
        from detect.labels import LabelWriter

        yield LabelWriter(labels_to, labels, classes[1]).write
    if windows is not None:
        from detect.window_table import window_table

        add = stack.enter_context(window_table(windows, classes))
        yield lambda _, detection: add(detection)


def _sources(
    names: list[str], raw: int | None, stack: ExitStack, ignored: Counter[str]
) -> "Iterator[Source | Refusal]":
    """List the recordings; a temporary file holds standard input until the stack closes."""
    from classify.prediction.verdicts import Refusal
    from detect.sources import Source, expand
    from detect.stdin import saved

    if names.count(STDIN) > 1:
        raise ValueError(f"expected standard input once, got {STDIN} {names.count(STDIN)} times")
    for name in names:
        if name == STDIN:
            try:
                path = stack.enter_context(saved(sys.stdin.buffer, raw))
            except (OSError, ValueError) as error:
                yield Refusal(STDIN, str(error))
            else:
                yield Source(STDIN, path, "standard-input")
        else:
            yield from expand([name], ignored)


def _results(
    sources: "list[Source | Refusal]",
    writer: "FigureWriter",
    writers: "list[Callable[[Source, Detection], None]]",
) -> "Iterator[tuple[Detection | Refusal, str | None]]":
    """Judge recordings and write their files, with a bar unless there is but one."""
    from classify.prediction.verdicts import Refusal
    from detect.detection import detect

    results = zip(sources, detect(writer.detector, sources), strict=True)
    for source, result in results if len(sources) == 1 else _with_bar(results, len(sources)):
        if isinstance(source, Refusal) or isinstance(result, Refusal):
            yield result, None
            continue
        for write in writers:
            write(source, result)
        try:
            yield result, writer.draw(source, result)
        except (OSError, ValueError) as error:
            yield result, None
            yield Refusal(source.title, f"not drawn: {one_line(error)}"), None


def _with_bar(
    results: "Iterator[tuple[Source | Refusal, Detection | Refusal]]", count: int
) -> "Iterator[tuple[Source | Refusal, Detection | Refusal]]":
    from tqdm import tqdm  # a twentieth of the time that one recording takes

    return iter(tqdm(results, "detect", count, unit="recording", disable=None))


def _print(
    results: "Iterator[tuple[Detection | Refusal, str | None]]",
    format: str,
    classes: tuple[str, str],
) -> int:
    """Print verdicts and return the exit status; text is sorted, once all are done."""
    from classify.prediction.verdicts import Refusal
    from classify.prediction.wording import about_recording
    from detect import output

    rows = csv.writer(sys.stdout, lineterminator="\n")
    if format == "csv":
        rows.writerow(output.header(classes))
    judged: list[tuple[Detection, str | None]] = []
    done = refused = 0
    try:
        for result, sentence in results:
            if isinstance(result, Refusal):
                refused += 1
                _report(f"{result.path}: {result.reason}")
                continue
            done += 1
            if format == "json":
                print(output.to_json(result, sentence, classes), flush=True)
            elif format == "csv":
                rows.writerow(output.row(result))
                if sentence:
                    _report(f"{result.title}: {sentence}")
            else:
                for warning in about_recording(result.warnings):
                    _report(f"{result.title}: warning: {warning}")
                judged.append((replace(result, windows=()), sentence))
    finally:
        # After an interruption, too: the verdicts that there are.
        judged.sort(key=lambda pair: output.suspicion(pair[0]), reverse=True)
        for detection, sentence in judged:
            print(output.line(detection, classes[1]))
            if sentence:
                print(f"           {sentence}")
    return 2 if not done else 1 if refused else 0


def _report(line: str) -> None:
    """Write a line to standard error, above a progress bar."""
    from detect.sources import printable

    # Without tqdm there is no bar.
    write = sys.modules["tqdm"].tqdm.write if "tqdm" in sys.modules else print
    write(f"detect: {printable(line)}", file=sys.stderr)
