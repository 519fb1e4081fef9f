"""What a worker does with a recording: the verdict in JSON, or why there is none."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from detect.arguments import EACH
from detect.service.limits import Limits

if TYPE_CHECKING:
    from detect.detection import Detector


class Job(NamedTuple):
    """A recording to judge.

    Attributes
    ----------
    path : str
    name : str
        Name of the recording in the answer.
    channels : str
        ``"mix"``, or ``"each"`` for every channel by itself.
    """

    path: str
    name: str
    channels: str


class Answer(NamedTuple):
    """Status of HTTP, and the JSON of the verdict or the sentence of a refusal."""

    status: int
    text: str


Judge = Callable[[Job], Answer]


def load_judge(folder: Path, limits: Limits) -> Judge:
    """Load a run with its networks.

    Parameters
    ----------
    folder : Path
        Of the run.
    limits : Limits

    Raises
    ------
    ValueError
        If the run cannot judge recordings.
    """
    from classify.runs.run import load
    from detect.detection import Detector

    run = load(folder)
    detector = Detector(run, timeout_s=limits.work_s)
    for network in run.networks:
        _ = network.network  # loaded when it is first asked for
    return partial(judge, detector, limits)


def judge(detector: "Detector", limits: Limits, job: Job) -> Answer:
    """Judge a recording as the command ``detect --format json`` does.

    Returns
    -------
    answer : Answer
        Status 200 with an object, or with a list of one object a channel where each is judged; 413
        for a recording that is too long, 415 for what is none, 422 for one that cannot be judged.
    """
    from classify.prediction.verdicts import Refusal
    from detect import output
    from detect.detection import detect
    from detect.duration import TooLongError, check_duration
    from detect.sources import Source, each_channel
    from render.console import one_line
    from render.decoding.ffmpeg import UnknownFormatError

    path = Path(job.path)
    try:
        check_duration(path, limits.audio_s, limits.work_s)
    except TooLongError as error:
        return Answer(413, one_line(error))
    except UnknownFormatError as error:
        return Answer(415, one_line(error))
    except ValueError as error:
        return Answer(422, one_line(error))
    source = Source(job.name, path, job.name)
    sources = each_channel([source]) if job.channels == EACH else [source]
    texts = []
    for result in detect(detector, sources):
        if isinstance(result, Refusal):
            return Answer(422, result.reason)
        texts.append(output.to_json(result, None, detector.run.classes))
    return Answer(200, f"[{', '.join(texts)}]" if job.channels == EACH else texts[0])
