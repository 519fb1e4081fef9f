"""The page: drop recordings or pictures, see what they are taken for, and why.

Widgets only: what they show is computed by other modules. Names of files come from strangers; they
are shown as text, or escaped where Streamlit would read Markdown.
"""

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from classify.prediction.verdicts import Refusal, Verdict
from classify.runs.run import Run, load
from detect.detection import Detection
from detect.web import error_rates, results_table, run_report, session
from detect.web.canvas import Canvas, p_at
from detect.web.runs import runs
from detect.web.server import page_options
from detect.web.service import DetectorService
from detect.web.threshold import Outcome, relabel, with_threshold
from detect.web.upload import Limits, Upload, bullets, escaped, short
from detect.web.wording import chance, clock, of_threshold, place, words

BOXES: dict[str, Callable[..., Any]] = {
    "positive": st.error,
    "negative": st.success,
    "uncertain": st.warning,
    "nothing": st.info,
    "refused": st.info,
}
INTRODUCTION = (
    "Is this speech real or generated? Drop recordings of any format, or spectrogram pictures. "
    "They stay on the computer that serves this page, and are forgotten soon after you close it."
)


def main() -> None:
    """Show the page once, for whatever the widgets hold now."""
    options = page_options(sys.argv[1:])
    limits = Limits(megabytes=options.max_upload, seconds=60.0 * options.max_minutes)
    st.set_page_config(page_title="Spoofsight", layout="centered")
    st.title("Spoofsight", anchor=False)
    st.markdown(INTRODUCTION)
    uploads = _uploads(limits)
    detector = _detector(runs(options.checkpoints, options.run), limits)
    if detector is None:
        return
    if uploads:
        _results(*detector, uploads)
    _report(detector[1])


def _uploads(limits: Limits) -> dict[str, Upload]:
    """What was dropped and spoken, by an identity that stays the same until it is removed."""
    dropped = st.file_uploader(
        "Recordings or pictures",
        accept_multiple_files=True,
        key="files",
        help=f"Up to {limits.megabytes} MB and {limits.seconds / 60:g} minutes each, "
        f"{limits.files} at once.",
    )
    spoken = st.audio_input("Or record with the microphone", sample_rate=None, key="microphone")
    if len(dropped) > limits.files:
        st.warning(f"Expected at most {limits.files} files at once; only the first are judged.")
    found = {one.file_id: Upload(one.name, one.getvalue()) for one in dropped[: limits.files]}
    if spoken is not None:
        found[spoken.file_id] = Upload("Microphone", spoken.getvalue())
    return found


@st.cache_resource(show_spinner="Loading the detector", max_entries=4)
def _inspector(folder: Path, changed: int, _limits: Limits) -> DetectorService:
    """A run, loaded once for all who look at the page, and again when it was trained again."""
    return DetectorService(load(folder), _limits, _gate())


@st.cache_resource
def _gate() -> threading.Lock:
    return threading.Lock()


def _detector(there: dict[str, Path], limits: Limits) -> tuple[DetectorService, Run] | None:
    """The run that is chosen, and the same with the threshold that is."""
    with st.expander("Detector, threshold and error rates"):
        name = st.selectbox("Detector", list(there), key="run")
        if name is None:
            st.error("Expected a trained run, got none: `./run.sh train` makes one.")
            return None
        folder = there[name]
        try:
            inspector = _inspector(folder, (folder / "run.json").stat().st_mtime_ns, limits)
        except (OSError, ValueError) as error:
            st.error(escaped(str(error)))
            return None
        if inspector.deaf:
            st.info(f"This detector judges pictures only: {escaped(inspector.deaf)}.")
        return inspector, with_threshold(inspector.run, _threshold(inspector.run))


def _threshold(run: Run) -> float:
    """Choose a threshold and say how often it errs."""
    threshold = st.select_slider(
        f"Threshold: {escaped(run.classes[1])} from this P({escaped(run.classes[1])}) on",
        options=error_rates.steps(run.threshold),
        value=run.threshold,
        format_func=lambda p: f"{p:g}",
        key=f"threshold of {run.folder}",
        help="Higher: fewer false alarms, more misses. The uncertain band moves with it.",
    )
    try:
        st.markdown(bullets(of_threshold(run, threshold)))
    except (OSError, ValueError) as error:
        st.error(escaped(str(error)))
    return threshold


def _results(inspector: DetectorService, run: Run, uploads: dict[str, Upload]) -> None:
    """Judge what is new, and show everything."""
    bar = st.empty()
    found = session.cached_verdicts(
        st.session_state,
        inspector,
        uploads,
        lambda done, count: bar.progress(done / count, f"Listening: {done + 1} of {count}"),
    )
    bar.empty()
    outcomes = {key: relabel(outcome, run) for key, outcome in found.items()}
    keys = list(outcomes)
    order = [keys[at] for at in results_table.by_suspicion(list(outcomes.values()))]
    rows = results_table.rows([outcomes[key] for key in order], run.classes[1])
    chosen: str = order[0]
    if len(order) > 1:
        st.subheader(f"{len(order)} files, the most suspicious first", anchor=False)
        st.dataframe(
            rows,
            hide_index=True,
            column_config={list(rows[0])[1]: st.column_config.NumberColumn(format="%.1f")},
            placeholder="–",
            alt="Verdicts, one row a file",
        )
        labels = dict(zip(order, results_table.labels(rows), strict=True))
        chosen = st.selectbox("Look at one", order, format_func=labels.__getitem__, key="chosen")
    _show(inspector, run, uploads[chosen], outcomes[chosen], chosen)
    _downloads([outcomes[key] for key in order])


def _show(inspector: DetectorService, run: Run, upload: Upload, outcome: Outcome, key: str) -> None:
    """Everything about one upload."""
    st.text(short(outcome.path))
    said = words(outcome, run)
    paragraphs = [escaped(text) for text in (said.headline, said.means, said.means_not)]
    BOXES[said.tone]("## " + "\n\n".join(paragraphs))
    if isinstance(outcome, Refusal):
        return
    if isinstance(outcome, Detection):
        if outcome.warnings:
            st.warning(f"Why to doubt it:\n{bullets(outcome.warnings)}")
        _player(inspector, upload, outcome, key)
        _cursor(inspector, run, upload, outcome, key)
    else:
        dark = _dark()
        what = (inspector.identity, key, dark)
        _image(_kept("picture", what, lambda: inspector.picture(upload, dark=dark)), "The picture")
    if outcome.p_fake is not None:
        _reason(inspector, upload, outcome, key)


def _player(inspector: DetectorService, upload: Upload, detection: Detection, key: str) -> None:
    what = (inspector.identity, key)
    part = _kept("excerpt", what, lambda: inspector.listen(upload, detection))
    if part is None:
        return
    st.audio(part.wav, format="audio/wav", alt="The recording as the detector hears it")
    if not part.whole:
        st.caption(f"From {clock(part.start_s)} to {clock(part.end_s)} of the recording.")


@st.fragment
def _cursor(
    inspector: DetectorService, run: Run, upload: Upload, detection: Detection, key: str
) -> None:
    """The timeline, and a cursor that says P(fake) where it stands."""
    end = max(detection.duration_s, 0.01)
    middle = sum(detection.suspicious) / 2 if detection.suspicious else 0.0
    step = 0.01 if end < 60 else 0.1
    second = st.slider("Cursor, seconds", 0.0, end, min(middle, end), step, key=f"cursor of {key}")
    p = p_at(detection.windows, second)
    said = "no speech found" if p is None else f"**P({escaped(run.classes[1])}) is {chance(p)}**"
    st.markdown(f"At {clock(second)}: {said}. {place(detection)}")
    dark = _dark()
    what = (inspector.identity, key, run.threshold, dark)
    drawn = _kept("timeline", what, lambda: inspector.timeline(upload, detection, run, dark=dark))
    _image(drawn, "Waveform, spectrogram and P over the seconds of the recording", second)


def _reason(
    inspector: DetectorService, upload: Upload, outcome: Detection | Verdict, key: str
) -> None:
    """Why, once somebody asks."""
    dark = _dark()
    what = (inspector.identity, key, dark)
    asked = st.button("Why? Explain it", key=f"explain {key}")
    if asked or session.has(st.session_state, "reason", what):
        reason = _kept("reason", what, lambda: inspector.explain(upload, outcome, dark=dark))
        if reason is not None:
            st.markdown(f"{place(outcome)}Measured: {escaped(reason.sentence)}.")
            _image(reason.sheet, "What in the picture speaks for and against")
            st.caption("It shows what the network looked at, not what makes speech real or fake.")


def _kept(kind: str, what: tuple[Any, ...], make: Callable[[], Any]) -> Any:
    """See `detect.web.session.kept`; None, with the reason on the page, if it cannot be made."""
    try:
        with st.spinner("Drawing"):
            return session.kept(st.session_state, kind, what, make)
    except (OSError, ValueError) as error:
        st.error(escaped(str(error)))
        return None


def _image(sheet: Canvas | None, alt: str, second: float | None = None) -> None:
    if sheet is not None:
        st.image(sheet.png(second), width="stretch", alt=alt)


def _downloads(outcomes: list[Outcome]) -> None:
    texts = {"csv": results_table.to_csv(outcomes), "json": results_table.to_json(outcomes)}
    for column, (kind, text) in zip(st.columns(2), texts.items(), strict=True):
        label, name = f"Verdicts as {kind.upper()}", f"verdicts.{kind}"
        column.download_button(label, text, name, on_click="ignore", width="stretch")


def _report(run: Run) -> None:
    """The report of the run's evaluation, sent only if it is asked for."""
    with st.expander("How good is this detector? Its report"):
        html = run_report.read(run)
        if html is None:
            st.caption("It was not evaluated yet: `./run.sh evaluate` writes the report.")
            return
        st.download_button("Report as HTML", html, "report.html", "text/html", on_click="ignore")
        if st.toggle("Show it here", key="report"):
            st.iframe(run_report.address(html), height=700, alt="Report of the evaluation")


def _dark() -> bool:
    return st.context.theme.type == "dark"


if __name__ == "__main__":
    main()
