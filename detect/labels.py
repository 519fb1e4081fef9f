"""Label files of the suspicious segments, for Audacity, Praat and diarisation tools.

A file is of one recording. Segments of a channel that was judged by itself are told apart by a tier
of their own in a TextGrid, by the channel's number in RTTM, and in the text of a label of Audacity.
Times are in s.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from classify.files import atomic_write
from detect.detection import Detection
from detect.segments import Segment
from detect.sources import Source, printable
from render.decoding.audio import MIX

SUFFIXES = {"audacity": ".labels.txt", "textgrid": ".TextGrid", "rttm": ".rttm"}


@dataclass
class LabelWriter:
    """Writer of a label file for every recording.

    Attributes
    ----------
    folder : Path
        The files lie there as the recordings below the folder that was judged.
    format : str
        One of `SUFFIXES`.
    positive : str
        Name of the positive class, which the labels say.
    """

    folder: Path
    format: str
    positive: str
    _paths: dict[str, Path] = field(default_factory=dict)
    _taken: set[Path] = field(default_factory=set)
    _channels: list[Detection] = field(default_factory=list)

    def write(self, source: Source, detection: Detection) -> None:
        """Write the labels of a recording; its channels come one after the other.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        if self._channels and self._channels[0].path != detection.path:
            self._channels.clear()
        self._channels.append(detection)
        path = self._path(source)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = _FORMATS[self.format](self._channels, self.positive)
        atomic_write(path, text.encode(errors="surrogateescape"))

    def _path(self, source: Source) -> Path:
        """Path of the labels of a recording, another one for each of the same name."""
        if source.name not in self._paths:
            name = source.below.removesuffix(f".channel-{source.channel}")
            path, number = self.folder / f"{name}{SUFFIXES[self.format]}", 1
            while path in self._taken:
                number += 1
                path = self.folder / f"{name}-{number}{SUFFIXES[self.format]}"
            self._taken.add(path)
            self._paths[source.name] = path
        return self._paths[source.name]


def audacity(channels: Sequence[Detection], positive: str) -> str:
    r"""Write a label track: a line of start, end and text for each segment.

    Parameters
    ----------
    channels : sequence of Detection
        Of one recording: its mix, or channels that were judged by themselves.
    positive : str

    Examples
    --------
    >>> part = Detection("x", "real", 90, 0.1, 2, 30, segments=(Segment(1.5, 4.0, 0.973, -3.6),))
    >>> audacity([part], "fake")
    '1.500000\t4.000000\tfake 0.973\n'
    """
    segments = sorted(
        (segment.start_s, segment.end_s, f"{_text(segment, positive)}{_of_channel(channel)}")
        for channel in channels
        for segment in channel.segments
    )
    return "".join(f"{start:.6f}\t{end:.6f}\t{text}\n" for start, end, text in segments)


def textgrid(channels: Sequence[Detection], positive: str) -> str:
    """Write a TextGrid of Praat: a tier of intervals for each channel, those between without text.

    Parameters
    ----------
    channels, positive
        See `audacity`.
    """
    end = channels[0].duration_s
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {end}",
        "tiers? <exists>",
        f"size = {len(channels)}",
        "item []:",
    ]
    for number, channel in enumerate(channels, start=1):
        intervals = list(_intervals(channel, positive))
        name = MIX if channel.channel == MIX else f"channel {channel.channel}"
        lines += [
            f"    item [{number}]:",
            '        class = "IntervalTier"',
            f'        name = "{name}"',
            "        xmin = 0",
            f"        xmax = {end}",
            f"        intervals: size = {len(intervals)}",
        ]
        for at, (xmin, xmax, text) in enumerate(intervals, start=1):
            quoted = text.replace('"', '""')
            lines += [
                f"        intervals [{at}]:",
                f"            xmin = {xmin}",
                f"            xmax = {xmax}",
                f'            text = "{quoted}"',
            ]
    return "\n".join(lines) + "\n"


def rttm(channels: Sequence[Detection], positive: str) -> str:
    r"""Write RTTM: a line for each segment, with the positive class as the speaker.

    Parameters
    ----------
    channels, positive
        See `audacity`. RTTM separates its fields by blanks: those in names become underscores.

    Examples
    --------
    >>> part = Detection("a b.wav", "real", 90, 0.1, 2, 9, segments=(Segment(1.5, 4, 0.9, -2.2),))
    >>> rttm([part], "fake")
    'SPEAKER a_b 1 1.500 2.500 <NA> <NA> fake 0.900 <NA>\n'
    """
    lines = []
    for channel in channels:
        number = "1" if channel.channel == MIX else channel.channel
        name = _word(Path(printable(channel.path)).stem)
        lines += [
            f"SPEAKER {name} {number} {segment.start_s:.3f} {segment.end_s - segment.start_s:.3f} "
            f"<NA> <NA> {_word(positive)} {segment.p_fake:.3f} <NA>\n"
            for segment in channel.segments
        ]
    return "".join(lines)


_FORMATS = {"audacity": audacity, "textgrid": textgrid, "rttm": rttm}


def _intervals(detection: Detection, positive: str) -> Iterator[tuple[float, float, str]]:
    """The whole of a recording in intervals: segments, and what lies between them."""
    until = 0.0
    for segment in detection.segments:
        end = min(segment.end_s, detection.duration_s)
        if segment.start_s > until:
            yield until, segment.start_s, ""
        yield segment.start_s, end, _text(segment, positive)
        until = end
    if until < detection.duration_s:
        yield until, detection.duration_s, ""


def _text(segment: Segment, positive: str) -> str:
    return f"{positive} {segment.p_fake:.3f}"


def _of_channel(detection: Detection) -> str:
    return "" if detection.channel == MIX else f" channel {detection.channel}"


def _word(text: str) -> str:
    return "_".join(text.split()) or "_"
