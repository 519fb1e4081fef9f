"""A dataset of recordings in, a folder of pictures out, however often it is interrupted.

`render.paths` places the pictures. Beside them, ``render.json`` holds settings, axes and the
command that draws such pictures, ``manifest.csv`` one row a picture, ``failures.csv`` one row a
recording that could not be used, and ``summary.csv`` the counts. Every picture holds its source, so
the tree itself is the record of finished work: a recording is not drawn again if its pictures are
all there, with the same bytes and settings. The manifest is written last: a folder with one is
complete.
"""

import contextlib
import dataclasses
import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from render import manifest, paths, png, target
from render.axes import axes
from render.command import command
from render.index import Index
from render.layouts.registry import GROUPS, find, recognise
from render.layouts.walk import escape_bytes
from render.parallel import Executor, run_tasks
from render.recording import Failure, Recording
from render.settings import FORMAT
from render.spectrogram import draw
from render.summary import HEADER, Drawn, Summary
from render.worker import RenderPlan, render_recording, up_to_date


def render(
    audio: Path,
    plan: RenderPlan,
    executor: Executor | None = None,
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
        Of a layout in `render.layouts.registry`.
    plan : RenderPlan
        Its folder is made if missing; pictures of recordings that are not in `audio` are deleted.
        Its `digits` are set here.
    executor : Executor, optional
        Default: one process a core.
    layout : str, optional
        Default: recognised.
    group : str, optional
        Metadata column whose groups stay in one split, where the source has no splits. Default:
        the layout's own, such as the recording that a fake was made from, else none.
    replace : bool
        Go on even if most pictures of the folder are of other recordings, or were drawn with other
        settings.
    shard : tuple of two int, optional
        Draw only share `i` of `n`, counted from 1, and write no table. Several machines can each
        draw a share into one folder; a call without it then completes the folder.

    Raises
    ------
    ValueError
        If nothing can be drawn, or the folder holds what `render.target` refuses.
    OSError
        If the folder cannot be written to.
    """
    target.refuse_foreign(plan.dataset, audio)
    if not target.has_settings(plan.dataset, plan.settings):
        draw(np.zeros(plan.settings.length, np.float32), plan.settings)  # refuses impossible ones
    if not replace:
        target.refuse_other_settings(plan.dataset, plan.settings)
        target.refuse_fewer_variants(plan.dataset, plan.variants)
    with Index() as index:
        layout = take_in(index, audio, layout, group)
        print(f"render: {audio} is read as {layout}", file=sys.stderr)
        plan = dataclasses.replace(plan, digits=paths.subfolder_digits(index.largest_class()))
        if not replace:
            target.refuse_other_recordings(plan.dataset, audio, index)
            target.refuse_added_columns(plan.dataset, audio, index)
        if shard:
            index.keep_share(*shard)
        _begin(plan)
        _draw_all(index, plan, executor or Executor())
        if shard:
            return _summary(index, removed=0)
        summary = _summary(index, removed=_delete_outdated(plan.dataset, index))
        manifest.write(plan.dataset / "failures.csv", manifest.failures(index))
        manifest.write(plan.dataset / "summary.csv", [HEADER, *summary.rows()])
        manifest.write(plan.dataset / "manifest.csv", manifest.manifest(index))
        return summary


def take_in(index: Index, audio: Path, layout: str | None = None, group: str | None = None) -> str:
    """List the recordings of a dataset in an index, each with its split.

    Parameters
    ----------
    index : Index
    audio : Path
    layout, group : str, optional
        As `render`.

    Returns
    -------
    layout : str
        Layout that the dataset was read as.

    Raises
    ------
    ValueError
        If it holds no recording of a known class, or the group is none of its columns.
    """
    layout = layout or recognise(audio)
    group = group.lower() if group else None  # as layouts write the columns of tables
    index.fill(find(audio, layout), group or GROUPS.get(layout))
    _check(index, audio, group)
    index.assign_splits()
    return layout


def _check(index: Index, audio: Path, group: str | None) -> None:
    if not index.count("recording"):
        failure = next(index.failures(), None)
        example = f", one is {failure.recording}: {failure.reason}" if failure else ""
        raise ValueError(
            f"expected recordings of known class in {audio}, got {index.count('failure')} "
            f"without{example}"
        )
    if group and group not in index.columns:
        raise ValueError(
            "expected a column of the dataset's metadata to group by "
            f"({', '.join(index.columns) or 'it has none'}), got {group}"
        )


def _begin(plan: RenderPlan) -> None:
    """Mark the folder as incomplete, and write ``render.json``."""
    stored = target.stored_settings(plan.dataset)
    if stored and stored.get("format") != FORMAT:
        print(
            f"render: expected pictures of format {FORMAT} in {plan.dataset}, got format "
            f"{stored.get('format')}: they are drawn anew",
            file=sys.stderr,
        )
    (plan.dataset / "manifest.csv").unlink(missing_ok=True)
    contents = json.loads(plan.settings.to_json())
    contents |= {"axes": axes(plan.settings), "command": command(plan.settings)}
    png.replace(plan.dataset / "render.json", f"{json.dumps(contents)}\n".encode())


def _draw_all(index: Index, plan: RenderPlan, executor: Executor) -> None:
    """Draw the recordings that are not up to date, and store all results in the index."""
    for failure in index.failures():
        _print_failure(failure)
    with tqdm(desc="render", total=index.count("recording"), unit="recording", disable=None) as bar:
        progress = _Progress(index, bar)
        tasks = _outstanding(index, plan, progress)
        for result in run_tasks(partial(render_recording, plan=plan), tasks, executor, _on_crash):
            progress.note(result)


class _Progress:
    """Stores results in the index, and shows clips a second and failures on a bar."""

    def __init__(self, index: Index, bar: tqdm):
        self.index, self.bar, self.clips, self.failures = index, bar, 0, index.count("failure")

    def note(self, result: Drawn | Failure) -> None:
        if isinstance(result, Failure):
            _print_failure(result)
            self.index.fail(result)
            self.failures += 1
        else:
            for warning in result.warnings:
                tqdm.write(f"render: {result.recording}: warning: {warning}", file=sys.stderr)
            self.index.note(result)
            self.clips += len(result.pictures) if result.fresh else 0
        rate = self.clips / max(self.bar.format_dict["elapsed"], 1e-3)
        self.bar.set_postfix_str(f"{rate:.0f} clips/s, {self.failures} failures", refresh=False)
        self.bar.update()


def _outstanding(index: Index, plan: RenderPlan, progress: _Progress) -> Iterator[Recording]:
    """Yield the recordings to draw; store the results of those that are up to date."""
    for recording in index.recordings():
        if drawn := up_to_date(recording, plan):
            progress.note(drawn)
        else:
            yield recording


def _on_crash(recording: Recording) -> Failure:
    return Failure(
        recording.name, "expected a recording that can be read, got one that ends the process"
    )


def _summary(index: Index, removed: int) -> Summary:
    kept = index.kept()
    return Summary(
        counts=index.counts(),
        fresh=index.count("drawn") - kept,
        kept=kept,
        failures=index.count("failure"),
        removed=removed,
        ignored=dict(index.ignored),
    )


def _delete_outdated(dataset: Path, index: Index) -> int:
    """Delete our pictures that are not in the index, and half-written files of a killed run."""
    for path in [*paths.files(dataset, f"*{png.PART}"), *dataset.glob(f"*{png.PART}")]:
        if png.is_part(path):
            path.unlink(missing_ok=True)
    removed = foreign = 0
    for path in paths.files(dataset, "*.png"):
        if index.has_picture(escape_bytes(path.relative_to(dataset).as_posix())):
            continue
        if paths.PICTURE_NAME.fullmatch(path.name) and png.is_ours(path):
            path.unlink()
            removed += 1
        else:
            foreign, example = foreign + 1, path.name
    if foreign:
        print(
            f"render: left alone {foreign} pictures in {dataset} that it did not draw, one is "
            f"{example}",
            file=sys.stderr,
        )
    for folder in sorted(paths.files(dataset, "*/"), reverse=True):
        with contextlib.suppress(OSError):  # a folder that is not empty, or not ours to delete
            folder.rmdir()
    return removed


def _print_failure(failure: Failure) -> None:
    tqdm.write(f"render: {failure.recording}: {failure.reason}", file=sys.stderr)
