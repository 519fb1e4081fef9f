"""A dataset of recordings in, a folder of pictures out, however often it is interrupted.

`render.paths` says where pictures lie. Beside them, ``render.json`` holds their settings and axes
and the command for more of the kind, ``manifest.csv`` one row a picture, ``failures.csv`` one row a
recording that could not be used and ``summary.csv`` the counts. Every picture says what it was
drawn from, so the tree itself is the record of what is done: a recording whose pictures are all
there, from the same bytes and with the same settings, is not drawn again. The manifest is written
last: where it stands, rendering was finished.
"""

import dataclasses
import json
import re
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from render import manifest, paths, png
from render.axes import axes
from render.command import command
from render.index import Index
from render.layouts.registry import GROUPS, find, recognise
from render.parallel import Executor, run_tasks
from render.recording import Failure, Recording
from render.spectrogram import draw
from render.summary import HEADER, Drawn, Summary
from render.worker import RenderPlan, render_recording, up_to_date


def render(
    audio: Path,
    plan: RenderPlan,
    engine: Executor | None = None,
    *,
    layout: str | None = None,
    group: str | None = None,
    replace: bool = False,
    shard: tuple[int, int] | None = None,
) -> Summary:
    """Draw every recording of a dataset.

    Parameters
    ----------
    audio : Path
        See `render.layouts.registry` for what it may be.
    plan : RenderPlan
        Its folder is made if missing; pictures of recordings that are gone from `audio` are
        deleted. Its `digits` are found here.
    engine : Executor, optional
        Default: one process a core.
    layout : str, optional
        Default: recognised.
    group : str, optional
        Metadata column whose values stay in one split, where the source has no splits. Default:
        the layout's own, such as what a fake was made from, else every recording by itself.
    replace : bool
        Go on even if most of what the folder holds was drawn from other recordings.
    shard : tuple of two int, optional
        Draw only share `i` of `n`, counted from 1, and write no table: any number of machines can
        each draw another share into one folder. A call without it then finishes the folder.

    Returns
    -------
    summary : Summary

    Raises
    ------
    ValueError
        If nothing can be drawn, or most pictures in the folder are of recordings not in `audio`.
    OSError
        If the folder cannot be written to.
    """
    if not _drawn_before(plan):
        draw(np.zeros(plan.settings.length, np.float32), plan.settings)  # impossible ones end here
    with Index() as index:
        layout = take_in(index, audio, layout, group)
        print(f"render: {audio} is read as {layout}", file=sys.stderr)
        plan = dataclasses.replace(plan, digits=paths.subfolder_digits(index.fullest()))
        if not replace:
            _refuse_another_source(plan.dataset, audio, index)
        if shard:
            index.keep_share(*shard)
        _begin(plan)
        _draw_all(index, plan, engine or Executor())
        if shard:
            return _sum_up(index, removed=0)
        summary = _sum_up(index, removed=_sweep(plan.dataset, index))
        manifest.write(plan.dataset / "failures.csv", manifest.failed(index))
        manifest.write(plan.dataset / "summary.csv", [HEADER, *summary.rows()])
        manifest.write(plan.dataset / "manifest.csv", manifest.manifest(index))
        return summary


def take_in(index: Index, audio: Path, layout: str | None = None, group: str | None = None) -> str:
    """List the recordings of a dataset in an index, every one in its split.

    Parameters
    ----------
    index : Index
    audio : Path
    layout, group : str, optional
        As `render`.

    Returns
    -------
    layout : str
        What the dataset was read as.

    Raises
    ------
    ValueError
        If it holds no recording of a known class, or the group is none of its columns.
    """
    layout = layout or recognise(audio)
    index.fill(find(audio, layout), group or GROUPS.get(layout))
    _check(index, audio, group)
    index.assign_splits()
    return layout


def _check(index: Index, audio: Path, group: str | None) -> None:
    if not index.count("recording"):
        failure = next(index.failures(), None)
        why = f", one is {failure.recording}: {failure.reason}" if failure else ""
        raise ValueError(
            f"expected recordings of known class in {audio}, got {index.count('failure')} "
            f"without{why}"
        )
    if group and group not in index.columns:
        raise ValueError(
            "expected a column of the dataset's metadata to group by "
            f"({', '.join(index.columns) or 'it has none'}), got {group}"
        )


def _refuse_another_source(dataset: Path, audio: Path, index: Index) -> None:
    """Keep a wrong --to from deleting the pictures of another dataset."""
    named = re.compile(r".+-([0-9a-f]{12})-\d{4,}\.png")
    there = gone = 0
    one = ""
    for path in paths.files(dataset, "*.png"):
        if match := named.fullmatch(path.name):
            there += 1
            if not index.has_stem(match[1]):
                gone, one = gone + 1, min(one or path.name, path.name)
    if 2 * gone > there:
        raise ValueError(
            f"expected {dataset} to be empty or drawn from {audio}, got {gone} pictures of other "
            f"recordings (one is {one}): give another --to, or --replace to delete them"
        )


def _drawn_before(plan: RenderPlan) -> bool:
    """Whether the folder is of pictures with these settings."""
    try:
        known = json.loads((plan.dataset / "render.json").read_bytes())
    except (OSError, ValueError):  # whether it can be written is told when it is
        return False
    return isinstance(known, dict) and json.loads(plan.settings.to_json()).items() <= known.items()


def _begin(plan: RenderPlan) -> None:
    (plan.dataset / "manifest.csv").unlink(missing_ok=True)
    described = json.loads(plan.settings.to_json())
    described |= {"axes": axes(plan.settings), "command": command(plan.settings)}
    png.replace(plan.dataset / "render.json", f"{json.dumps(described)}\n".encode())


def _draw_all(index: Index, plan: RenderPlan, engine: Executor) -> None:
    """Draw what is not there yet, and note in the index what became of every recording."""
    for failure in index.failures():
        _tell(failure)
    with tqdm(desc="render", total=index.count("recording"), unit="recording", disable=None) as bar:
        progress = _Progress(index, bar)
        tasks = _outstanding(index, plan, progress)
        for result in run_tasks(partial(render_recording, plan=plan), tasks, engine, _lost):
            progress.note(result)


class _Progress:
    """Note results in the index and on a bar, with the pictures drawn a second and the failures."""

    def __init__(self, index: Index, bar: tqdm):
        self.index, self.bar, self.clips, self.failures = index, bar, 0, index.count("failure")

    def note(self, result: Drawn | Failure) -> None:
        if isinstance(result, Failure):
            _tell(result)
            self.index.fail(result)
            self.failures += 1
        else:
            self.index.note(result)
            self.clips += len(result.pictures) if result.fresh else 0
        rate = self.clips / max(self.bar.format_dict["elapsed"], 1e-3)
        self.bar.set_postfix_str(f"{rate:.0f} clips/s, {self.failures} failures", refresh=False)
        self.bar.update()


def _outstanding(index: Index, plan: RenderPlan, progress: _Progress) -> Iterator[Recording]:
    """Recordings that must be drawn; those whose pictures are there already are noted."""
    for recording in index.recordings():
        if drawn := up_to_date(recording, plan):
            progress.note(drawn)
        else:
            yield recording


def _lost(recording: Recording) -> Failure:
    return Failure(
        recording.name, "expected a recording that can be read, got one that ends the process"
    )


def _sum_up(index: Index, removed: int) -> Summary:
    kept = index.kept()
    return Summary(
        counts=index.counts(),
        fresh=index.count("drawn") - kept,
        kept=kept,
        failures=index.count("failure"),
        removed=removed,
        ignored=dict(index.ignored),
    )


def _sweep(dataset: Path, index: Index) -> int:
    """Delete pictures of ours that are not wanted, and what a killed run left half-written."""
    for path in [*paths.files(dataset, f"*{png.PART}"), *dataset.glob(f"*{png.PART}")]:
        path.unlink(missing_ok=True)
    removed = left = 0
    for path in paths.files(dataset, "*.png"):
        if index.has_picture(path.relative_to(dataset).as_posix()):
            continue
        if png.is_ours(path):
            path.unlink()
            removed += 1
        else:
            left, other = left + 1, path.name
    if left:
        print(
            f"render: left alone {left} pictures in {dataset} that it did not draw, one is {other}",
            file=sys.stderr,
        )
    for folder in sorted(paths.files(dataset, "*/"), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    return removed


def _tell(failure: Failure) -> None:
    tqdm.write(f"render: {failure.recording}: {failure.reason}", file=sys.stderr)
