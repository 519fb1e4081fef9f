import io

import numpy as np
import pytest
import soundfile

from detect.web.playback import excerpt


@pytest.fixture
def steps(tmp_path):
    """Give 10 s of stereo at 8 kHz whose level is a tenth of the second."""
    path = tmp_path / "upload"
    sound = np.repeat(np.arange(10) / 20, 8_000)
    soundfile.write(path, np.stack([sound, sound], axis=1), 8_000, format="FLAC")
    return path


def heard(part):
    samples, rate = soundfile.read(io.BytesIO(part.wav))
    return samples, rate


def test_a_short_recording_is_given_whole_as_mono_of_the_rate(steps):
    part = excerpt(steps, 8_000, 5.0, 60.0)
    samples, rate = heard(part)
    assert (part.start_s, part.end_s, part.whole) == (0.0, 10.0, True)
    assert rate == 8_000
    assert samples.shape == (80_000,)
    assert samples[44_000] == pytest.approx(5 / 20, abs=1e-3)
    assert heard(excerpt(steps, 16_000, 5.0, 60.0))[1] == 16_000


@pytest.mark.parametrize(("around", "start"), [(5.0, 3.0), (0.5, 0.0), (9.9, 6.0)])
def test_of_a_long_one_the_part_around_the_moment_is_given(steps, around, start):
    part = excerpt(steps, 8_000, around, 60.0, longest_s=4.0)
    assert (part.start_s, part.end_s, part.whole) == (start, start + 4, False)
    samples, _ = heard(part)
    assert len(samples) == 32_000
    assert samples[4_000] == pytest.approx(start / 20, abs=1e-3)


def test_what_is_louder_than_full_scale_is_clipped_and_not_wrapped(tmp_path):
    path = tmp_path / "x"
    soundfile.write(path, np.full(8_000, 3.0), 8_000, format="WAV", subtype="FLOAT")
    assert heard(excerpt(path, 8_000, 0.0, 60.0))[0].min() > 0.99


def test_work_that_takes_too_long_is_given_up(steps):
    with pytest.raises(ValueError, match="expected a recording that is read in"):
        excerpt(steps, 8_000, 0.0, 1e-9)
