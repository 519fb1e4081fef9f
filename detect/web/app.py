"""The page: drop recordings or pictures, see verdicts and why.

Widgets only: other modules compute what they show. Names of files come from strangers; they are
shown as text, or escaped where Streamlit would read Markdown.
"""

import sys
import threading
from collections.abc import Callable, Hashable
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from classify.class_names import is_fake_known
from classify.prediction.verdicts import Refusal, Verdict
from classify.prediction.wording import (
    Tone,
    about_recording,
    clock,
    clock_range,
    explain_refusal,
    explain_verdict,
    most_suspicious,
    p_of,
    percent,
)
from classify.runs.run import Run, load
from classify.runs.short_card import short_card
from detect.detection import Detection
from detect.segments import Segment
from detect.web import error_rates, results_table
from detect.web.canvas import Canvas, p_at
from detect.web.playback import LONGEST
from detect.web.runs import data_url, is_evaluated, list_runs, read_report
from detect.web.server import page_options
from detect.web.service import DetectorService
from detect.web.session import cached_verdicts
from detect.web.threshold import Outcome, relabel, with_threshold
from detect.web.upload import Limits, Upload, bullets, escaped, short
from render.console import COMMAND

BOXES: dict[Tone, Callable[..., Any]] = {
    Tone.FAKE: st.error,
    Tone.REAL: st.success,
    Tone.NEUTRAL: st.info,
    Tone.UNCERTAIN: st.warning,
    Tone.NO_SPEECH: st.info,
    Tone.NOT_JUDGED: st.info,
}
INTRODUCTION = (
    "Is this speech real or generated? Drop recordings of any format, or spectrogram pictures. "
    "They stay on the computer that serves this page, and are forgotten soon after you close it."
)


def main() -> None:
    """Show the page for the present state of its widgets."""
    options = page_options(sys.argv[1:])
    limits = Limits(megabytes=options.max_upload, seconds=60.0 * options.max_minutes)
    st.set_page_config(page_title="Spoofsight", layout="centered")
    st.title("Spoofsight", anchor=False)
    st.markdown(INTRODUCTION)
    uploads = _uploads(limits)
    detector = _choose_detector(list_runs(options.checkpoints, options.run), limits)
    if detector is None:
        return
    service, run = detector
    if run.caveat:
        st.warning(escaped(f"{run.caveat[0].upper()}{run.caveat[1:]}."))
    if uploads:
        _results(service, run, uploads)
    _report(run)


def _uploads(limits: Limits) -> dict[str, Upload]:
    """Dropped files and the microphone's recording, by an identity that stays until removal."""
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
    uploads = {file.file_id: Upload(file.name, file.getvalue()) for file in dropped[: limits.files]}
    if spoken is not None:
        uploads[spoken.file_id] = Upload("Microphone", spoken.getvalue())
    return uploads


@st.cache_resource(show_spinner="Loading the detector", max_entries=4)
def _service(folder: Path, changed: int, _limits: Limits) -> DetectorService:
    """A run, loaded once for all visitors, and again after a new training."""
    return DetectorService(load(folder), _limits, _gate())


@st.cache_resource
def _gate() -> threading.Lock:
    return threading.Lock()


def _choose_detector(runs: dict[str, Path], limits: Limits) -> tuple[DetectorService, Run] | None:
    """The service of the chosen run, and the run with the chosen threshold."""
    with st.expander("Detector, threshold and error rates"):
        name = st.selectbox("Detector", list(runs), key="run")
        if name is None:
            st.error(f"Expected a trained run, got none: `{COMMAND} train` makes one.")
            return None
        folder = runs[name]
        try:
            service = _service(folder, (folder / "run.json").stat().st_mtime_ns, limits)
        except (OSError, ValueError) as error:
            st.error(escaped(str(error)))
            return None
        if service.audio_error:
            st.info(f"This detector judges pictures only: {escaped(service.audio_error)}.")
        return service, with_threshold(service.run, _choose_threshold(service.run))


def _choose_threshold(run: Run) -> float:
    """Choose a threshold and say how often it errs."""
    positive = escaped(run.classes[1])
    threshold = st.select_slider(
        f"Threshold: {positive} from this {p_of(positive)} on",
        options=error_rates.threshold_steps(run.threshold),
        value=run.threshold,
        format_func=lambda p: f"{p:g}",
        key=f"threshold of {run.folder}",
        help="Higher: fewer false alarms, more misses. The uncertain band moves with it.",
    )
    try:
        st.markdown(bullets(error_rates.describe_threshold(run, threshold)))
    except (OSError, ValueError) as error:
        st.error(escaped(str(error)))
    return threshold


def _results(service: DetectorService, run: Run, uploads: dict[str, Upload]) -> None:
    """Judge new uploads, and show the results of all."""
    bar = st.empty()
    judged = cached_verdicts(
        st.session_state,
        service,
        uploads,
        lambda done, count: bar.progress(done / count, f"Listening: {done + 1} of {count}"),
    )
    bar.empty()
    outcomes = {key: relabel(outcome, run) for key, outcome in judged.items()}
    keys = list(outcomes)
    order = [keys[at] for at in results_table.by_suspicion(list(outcomes.values()))]
    rows = results_table.rows([outcomes[key] for key in order], run.classes[1])
    selected: str = order[0]
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
        selected = st.selectbox(
            "Look at one", order, format_func=labels.__getitem__, key="selected"
        )
    _show(service, run, uploads[selected], outcomes[selected], selected)
    _downloads([outcomes[key] for key in order], run.classes)


def _show(service: DetectorService, run: Run, upload: Upload, outcome: Outcome, key: str) -> None:
    """Show verdict, sound, timeline and explanation of one upload."""
    st.text(short(outcome.path))
    if isinstance(outcome, Refusal):
        text = explain_refusal(outcome.reason)
    else:
        judge = outcome.judge(run) if isinstance(outcome, Detection) else run
        text = explain_verdict(outcome.label, outcome.p_fake, run.classes, judge.uncertain)
    paragraphs = [escaped(part) for part in (text.headline, text.meaning, text.limitation)]
    BOXES[text.tone]("## " + "\n\n".join(paragraphs))
    if isinstance(outcome, Refusal):
        return
    if isinstance(outcome, Detection):
        if warnings := about_recording(outcome.warnings):
            st.warning(f"Why to doubt it:\n{bullets(warnings)}")
        _player(service, upload, outcome, key)
        _timeline(service, run, upload, outcome, key)
    else:
        dark = _dark()
        make = partial(service.picture, upload, dark=dark)
        _image(_cached("picture", (service.identity, key, dark), make), "The picture")
    if outcome.p_fake is not None:
        _explanation(service, upload, outcome, key)


def _player(service: DetectorService, upload: Upload, detection: Detection, key: str) -> None:
    """The sound; a click on a segment moves it, and the cursor of the timeline, there."""
    segment = _choose_segment(detection, key)
    start = None if segment is None else segment.start_s
    # Only a part of a long recording can be heard, around the segment.
    part = start if detection.duration_s > LONGEST else None
    make = partial(service.excerpt, upload, detection, part)
    excerpt = _cached("excerpt", (service.identity, key, part), make)
    if excerpt is None:
        return
    st.audio(
        excerpt.wav,
        format="audio/wav",
        start_time=0 if start is None else max(0, int(start - excerpt.start_s)),
        alt="The recording as the detector hears it",
    )
    if not excerpt.whole:
        span = clock_range((excerpt.start_s, excerpt.end_s))
        st.caption(f"From {span} of the recording.")


def _choose_segment(detection: Detection, key: str) -> Segment | None:
    segments = detection.segments
    if not segments:
        return None
    name = f"segment of {key}"

    def move_cursor() -> None:
        chosen = st.session_state[name]
        if chosen is not None:
            st.session_state[f"cursor of {key}"] = float(segments[chosen].start_s)

    def title(at: int) -> str:
        segment = segments[at]
        return f"{clock_range((segment.start_s, segment.end_s))}, {percent(segment.p_fake)}"

    chosen = st.pills(
        "Suspicious segments: a click moves the player there",
        list(range(len(segments))),
        format_func=title,
        key=name,
        on_change=move_cursor,
    )
    return None if chosen is None else segments[chosen]


@st.fragment
def _timeline(
    service: DetectorService, run: Run, upload: Upload, detection: Detection, key: str
) -> None:
    """The timeline, and a cursor that says P(fake) where it stands."""
    end = max(detection.duration_s, 0.01)
    middle = sum(detection.suspicious) / 2 if detection.suspicious else 0.0
    step = 0.01 if end < 60 else 0.1
    second = st.slider("Cursor, seconds", 0.0, end, min(middle, end), step, key=f"cursor of {key}")
    p = p_at(detection.windows, second)
    positive = escaped(run.classes[1])
    text = "no speech found" if p is None else f"**{p_of(positive)} is {percent(p)}**"
    st.markdown(f"At {clock(second)}: {text}. {most_suspicious(detection.suspicious)}")
    dark = _dark()
    canvas = _cached(
        "timeline",
        (service.identity, key, run.threshold, dark),
        partial(service.timeline, upload, detection, run, dark=dark),
    )
    _image(canvas, "Waveform, spectrogram and P over the seconds of the recording", second)


def _explanation(
    service: DetectorService, upload: Upload, outcome: Detection | Verdict, key: str
) -> None:
    """An explanation of the verdict, once the visitor asks for it."""
    explained = service.identity, key
    if st.button("Why? Explain it", key=f"explain {key}"):
        st.session_state["explained"] = explained
    if st.session_state.get("explained") != explained:
        return
    dark = _dark()
    make = partial(service.explain, upload, outcome, dark=dark)
    view = _cached("explanation", (*explained, dark), make)
    if view is not None:
        place = most_suspicious(outcome.suspicious) if isinstance(outcome, Detection) else ""
        st.markdown(f"{place}Measured: {escaped(view.sentence)}.")
        _image(view.canvas, "What in the picture speaks for and against")
        st.caption("It shows what the network looked at, not what makes speech real or fake.")


def _cached(kind: str, depends_on: Hashable, make: Callable[[], Any]) -> Any:
    """Make a drawing or a sound once; None, with the error on the page, if that fails."""
    try:
        return _cache(kind, depends_on, make)
    except (OSError, ValueError) as error:
        st.error(escaped(str(error)))
        return None


# A few a visitor, gone with the session, so that memory stays bounded.
@st.cache_resource(show_spinner="Drawing", max_entries=3, scope="session")
def _cache(kind: str, depends_on: Hashable, _make: Callable[[], Any]) -> Any:
    return _make()


def _image(canvas: Canvas | None, alt: str, second: float | None = None) -> None:
    if canvas is not None:
        st.image(canvas.png(second), width="stretch", alt=alt)


def _downloads(outcomes: list[Outcome], classes: tuple[str, str]) -> None:
    makers = {"csv": results_table.to_csv, "json": results_table.to_json}
    texts = {kind: make(outcomes, classes) for kind, make in makers.items()}
    for column, (kind, text) in zip(st.columns(2), texts.items(), strict=True):
        label, name = f"Verdicts as {kind.upper()}", f"verdicts.{kind}"
        column.download_button(label, text, name, on_click="ignore", width="stretch")


def _report(run: Run) -> None:
    """The run's card, and the report of its evaluation, sent only if the visitor opens it."""
    with st.expander("How good is this detector?"):
        if is_fake_known(run.classes):
            try:
                st.markdown(bullets(short_card(run.folder)))
            except ValueError as error:
                st.error(escaped(str(error)))
        html = read_report(run)
        if html is None:
            if not is_evaluated(run):
                st.caption(f"It was not evaluated yet: `{COMMAND} evaluate` writes its report.")
            return
        st.download_button("Report as HTML", html, "report.html", "text/html", on_click="ignore")
        if st.toggle("Show it here", key="report"):
            st.iframe(data_url(html), height=700, alt="Report of the evaluation")


def _dark() -> bool:
    return st.context.theme.type == "dark"


if __name__ == "__main__":
    main()
