"""The command line of `render`: parse, call, print."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from render.arguments import parser
from render.console import HOME, call
from render.hidden import is_hidden
from render.settings import Settings

if TYPE_CHECKING:
    from render.summary import Summary

DEMO = HOME / "datasets" / "demo" / "audio"


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
    # As in the processes of --jobs. With more threads, BLAS adds in another order, and a pixel of a
    # picture may differ. NumPy reads this once, when it is loaded.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    return call("render", _render, vars(parser().parse_args(arguments)))


def _render(
    *,
    audio: Path | None,
    to: Path,
    demo: bool,
    layout: str | None,
    group: str | None,
    replace: bool,
    preview: Path | None,
    variants: int,
    noise: Path | None,
    engine: str,
    jobs: int,
    scheduler: str,
    shard: tuple[int, int] | None,
    timeout: float,
    **drawing,
) -> int:
    settings = Settings(**drawing)
    if preview:
        return _preview(preview, settings)
    from render.dataset import render
    from render.parallel import Executor
    from render.worker import RenderPlan

    plan = RenderPlan(
        dataset=to, settings=settings, variants=variants, noise=noise, timeout=timeout
    )
    executor = Executor(engine, jobs, scheduler)
    audio = _audio(audio, demo, jobs)
    summary = render(
        audio, plan, executor, layout=layout, group=group, replace=replace, shard=shard
    )
    return _report(summary, plan.dataset, shard is not None)


def _preview(recording: Path, settings: Settings) -> int:
    from render.preview import preview

    target = Path(f"{recording.stem}.png")
    preview(recording, target, settings)
    print(target)
    return 0


def _audio(audio: Path | None, demo: bool, jobs: int) -> Path:
    """Choose the folder of recordings; without one, make the demonstration corpus."""
    default = HOME / "datasets" / "audio"
    if not demo and (audio is not None or _has_files(default)):
        return audio or default
    from render.demo import corpus

    reason = "" if demo else "no AUDIO given and nothing in datasets/audio, so "
    print(
        f"render: {reason}making a demonstration corpus in {DEMO}: synthetic sounds, to try the "
        "tool with; results on it are no evidence about real deepfakes",
        file=sys.stderr,
    )
    corpus.make(DEMO, jobs=jobs)
    return DEMO


def _report(summary: "Summary", dataset: Path, is_shard: bool) -> int:
    """Print the summary, and return the exit status."""
    if summary.ignored:
        kinds = ", ".join(f"{suffix} {n}" for suffix, n in sorted(summary.ignored.items()))
        print(f"render: not looked at: {kinds}", file=sys.stderr)
    if summary.removed:
        print(f"render: deleted {summary.removed} outdated pictures", file=sys.stderr)
    print(summary.table())
    if not summary.counts and not is_shard:
        raise ValueError(
            f"expected a recording that can be drawn, got {summary.failures} "
            f"failures, listed in {dataset / 'failures.csv'}"
        )
    print(f"pictures in {dataset}", file=sys.stderr)
    return 1 if summary.failures else 0


def _has_files(folder: Path) -> bool:
    return any(path.is_file() and not is_hidden(path.name) for path in folder.rglob("*"))
