import wave

import pytest

from detect.duration import TooLongError, check_duration
from render.decoding import decoder


def write_silence(path, seconds, rate=8_000):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(bytes(2 * round(seconds * rate)))


def test_a_recording_may_be_as_long_as_the_limit_and_no_longer(tmp_path):
    path = tmp_path / "x"
    write_silence(path, 2.0)
    check_duration(path, 2.0, 60.0)
    write_silence(path, 2.01)
    with pytest.raises(TooLongError, match="expected a recording of at most 2 s"):
        check_duration(path, 2.0, 60.0)


def test_a_long_recording_is_given_up_as_soon_as_it_is_too_long(tmp_path, monkeypatch):
    path = tmp_path / "x"
    write_silence(path, 600.0, rate=1_000)
    passed = []
    blocks = decoder.blocks

    def counted(*arguments):
        for form, block in blocks(*arguments):
            passed.append(len(block) / form.rate)
            yield form, block

    monkeypatch.setattr(decoder, "blocks", counted)
    with pytest.raises(ValueError, match="got a longer one"):
        check_duration(path, 2.0, 60.0)
    assert sum(passed) < 20  # of 600 s
