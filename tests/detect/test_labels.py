"""Label files, read back by the rules of their formats."""

import re

import pytest

from detect.detection import Detection
from detect.labels import LabelWriter, audacity, rttm, textgrid
from detect.segments import Segment
from detect.sources import Source

PARTS = (Segment(0.0, 2.5, 0.9, -2.2), Segment(12.25, 18.0, 0.98, -3.9, stands_out=True))


def detection(*segments, name="talks/a b.wav", channel="mix", seconds=18.0):
    return Detection(name, "real", 90.0, 0.1, 2.2, seconds, channel=channel, segments=segments)


def tiers(text):
    """Read a TextGrid: the intervals of each tier by its name, all of which must touch."""
    head, *items = re.split(r"    item \[\d+\]:\n", text)
    assert head.startswith('File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\n')
    (end,) = re.findall(r"^xmax = (.+)$", head, re.MULTILINE)
    assert f"size = {len(items)}\n" in head
    found = {}
    for item in items:
        (name,) = re.findall(r'name = "(.*)"', item)
        rows = re.findall(r'xmin = (\S+)\n +xmax = (\S+)\n +text = "((?:[^"]|"")*)"', item)
        assert f"intervals: size = {len(rows)}" in item
        intervals = [(float(start), float(stop), label) for start, stop, label in rows]
        edges = [0.0, *(stop for _, stop, _ in intervals)]
        assert [start for start, _, _ in intervals] == edges[:-1]
        assert edges[-1] == float(end)
        assert all(start < stop for start, stop, _ in intervals)
        found[name] = intervals
    return found


def test_audacity_gets_a_line_of_start_end_and_text():
    lines = audacity([detection(*PARTS)], "fake").splitlines()
    assert lines == ["0.000000\t2.500000\tfake 0.900", "12.250000\t18.000000\tfake 0.980"]
    assert audacity([detection()], "fake") == ""


def test_a_textgrid_covers_the_whole_recording():
    assert tiers(textgrid([detection(*PARTS)], "fake")) == {
        "mix": [(0.0, 2.5, "fake 0.900"), (2.5, 12.25, ""), (12.25, 18.0, "fake 0.980")]
    }
    assert tiers(textgrid([detection()], "fake")) == {"mix": [(0.0, 18.0, "")]}
    part = Segment(1.0, 2.0, 0.9, -2.2)
    grid = tiers(textgrid([detection(part)], 'so-called "fake"'))
    assert [text for _, _, text in grid["mix"]] == ["", 'so-called ""fake"" 0.900', ""]


def test_rttm_gets_ten_fields_a_line():
    lines = rttm([detection(*PARTS)], "deep fake").splitlines()
    assert [line.split() for line in lines] == [
        ["SPEAKER", "a_b", "1", "0.000", "2.500", "<NA>", "<NA>", "deep_fake", "0.900", "<NA>"],
        ["SPEAKER", "a_b", "1", "12.250", "5.750", "<NA>", "<NA>", "deep_fake", "0.980", "<NA>"],
    ]


def test_channels_of_a_recording_share_a_file_and_stay_apart():
    channels = [detection(PARTS[0], channel="1"), detection(PARTS[1], channel="2")]
    assert list(tiers(textgrid(channels, "fake"))) == ["channel 1", "channel 2"]
    assert [line.split()[2] for line in rttm(channels, "fake").splitlines()] == ["1", "2"]
    assert [line[-9:] for line in audacity(channels, "fake").splitlines()] == [
        "channel 1",
        "channel 2",
    ]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("audacity", ["b.wav-2.labels.txt", "b.wav.labels.txt", "sub/c.wav.labels.txt"]),
        ("textgrid", ["b.wav-2.TextGrid", "b.wav.TextGrid", "sub/c.wav.TextGrid"]),
        ("rttm", ["b.wav-2.rttm", "b.wav.rttm", "sub/c.wav.rttm"]),
    ],
)
def test_each_recording_has_a_file_named_as_it_lies(tmp_path, kind, names):
    writer = LabelWriter(tmp_path / "labels", kind, "fake")
    for folder, below in (("x", "b.wav"), ("y", "b.wav"), ("x", "sub/c.wav")):
        name = f"{folder}/{below}"
        for channel in ("1", "2"):
            source = Source(name, tmp_path / name, f"{below}.channel-{channel}", channel)
            writer.write(source, detection(*PARTS, name=name, channel=channel))
    written = sorted((tmp_path / "labels").rglob("*.*"))
    assert [path.relative_to(tmp_path / "labels").as_posix() for path in written] == names
    for path in written:
        text = path.read_text()
        assert text.count("fake") == 4  # two segments in each of two channels
