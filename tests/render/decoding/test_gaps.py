from fractions import Fraction

import av
import pytest

from render.decoding.gaps import Mp3Gaps

FRAME, OTHER, TAG = b"\xff\xfb\x90", b"<html>", b"APETAGEX"
ID3V2 = b"ID3\3\0\0\0\0\2\0" + bytes(300)


@pytest.mark.parametrize(
    ("packets", "clause"),
    [
        ([FRAME, FRAME, b""], None),
        ([FRAME, TAG, OTHER, FRAME, OTHER, *[FRAME] * 3], None),
        ([FRAME, OTHER, *[FRAME] * 3], "after 1.0 s"),
        ([FRAME, OTHER, OTHER, FRAME, FRAME], "after 1.0 s"),
        ([*[FRAME] * 4, OTHER, *[FRAME] * 3, OTHER, FRAME], "in 2 places, first after 4.0 s"),
        ([FRAME, FRAME, FRAME, OTHER], None),
        ([FRAME, FRAME, FRAME, OTHER * 200], "after 3.0 s"),
        ([FRAME, ID3V2, FRAME, FRAME, FRAME], None),
    ],
)
def test_gaps_are_counted_once_and_tags_are_none(packets, clause):
    gaps = Mp3Gaps()
    for seconds, data in enumerate(packets):
        gaps.look(av.Packet(data), Fraction(seconds))
    clauses = [f"data that is no sound was skipped {clause}, so some may be missing"]
    assert gaps.oddities() == (clauses if clause else [])


def test_what_is_mostly_something_else_is_no_mp3():
    gaps = Mp3Gaps()
    for data in [FRAME, OTHER, OTHER]:
        gaps.look(av.Packet(data), Fraction(0))
    with pytest.raises(ValueError, match="got an MP3 that is mostly something else"):
        gaps.oddities()
