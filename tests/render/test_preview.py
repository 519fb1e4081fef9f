from dataclasses import replace

import cv2
import numpy as np
import pytest
import soundfile
from matplotlib import pyplot

from render.clips import Clip
from render.preview import loudest, preview, sheet
from render.representations import REPRESENTATIONS
from render.settings import Settings

SETTINGS = Settings(seconds=1, window=256, hop=256, bands=20)


@pytest.fixture(scope="module")
def figure(sound):
    return sheet(Clip(sound(1).astype(np.float32), 3.0, 1.0), "a_$name", SETTINGS)


def panels(figure):
    """Panels of the pictures, by representation."""
    return dict(zip(REPRESENTATIONS, figure.axes[1:], strict=True))


def texts(panel):
    return [label.get_text() for label in panel.get_yticklabels()]


def test_the_waveform_is_on_top(figure, sound):
    line = figure.axes[0].lines[0]
    np.testing.assert_allclose(line.get_xdata(), np.arange(16_000) / 16_000)
    np.testing.assert_allclose(line.get_ydata(), sound(1), rtol=1e-6)
    assert figure.axes[0].get_xlabel() == "s"


def test_axes_are_in_hertz_seconds_and_what_else_there_is(figure):
    own = panels(figure)
    assert own["linear"].get_ylabel() == "Hz"
    assert texts(own["linear"]) == ["0", *(f"{k}000" for k in range(1, 9))]
    assert own["mfcc"].get_ylabel() == "coefficient"
    assert own["chroma"].get_ylabel() == "pitch class, 0 = C"
    ticks = [label.get_text() for label in own["mel"].get_xticklabels()]
    assert ticks == ["0", "0.2", "0.4", "0.6", "0.8", "1"]


def test_the_caption_says_what_is_drawn_and_how(figure):
    assert figure.get_suptitle() == (
        "a_$name, 3.00 s to 4.00 s\n"
        "16000 Hz, window 16 ms, hop 16 ms, levels -110 to -10 dB of a full-scale sine"
    )


def test_the_caption_says_that_a_short_clip_is_repeated(sound):
    settings = replace(SETTINGS, relative=True)
    clip = Clip(sound(1).astype(np.float32), 0.0, 0.7)
    title = sheet(clip, "x", settings).get_suptitle()
    assert "0.00 s to 0.70 s, repeated to fill 1 s\n" in title
    assert title.endswith("of its loudest point")


@pytest.mark.slow
def test_what_the_settings_make_impossible_says_why(sound):
    settings = replace(SETTINGS, seconds=0.5)
    own = panels(sheet(Clip(sound(0.5).astype(np.float32), 0.0, 0.5), "x", settings))
    assert not own["cqt"].images
    assert "expected the wavelet" in own["cqt"].texts[0].get_text()
    assert own["log"].images


def test_the_loudest_clip_is_chosen_and_the_first_of_equals():
    clips = [Clip(np.full(4, value, np.float32), i, 1) for i, value in enumerate([1, -3, 3, 2])]
    assert loudest(iter(clips)).start == 1


@pytest.mark.slow
def test_a_recording_becomes_a_sheet_whatever_it_is_called(tmp_path, sound, matplotlibrc, capsys):
    name = "two\nlines $x^{$ 声 🙂.wav"
    samples = np.concatenate([0.1 * sound(1), sound(1), 0.1 * sound(1)])
    soundfile.write(tmp_path / name, np.pad(samples, (0, 16_000)), 16_000)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-32_000])
    with matplotlibrc():
        preview(tmp_path / name, tmp_path / "sheet.png", SETTINGS)
    image = cv2.imread(str(tmp_path / "sheet.png"))
    assert image.shape == (1600, 1500, 3)
    assert len(np.unique(image)) > 100
    assert np.ptp(image, axis=2).max() == 0  # grey, whatever colours the user set
    assert {path.name for path in tmp_path.iterdir()} == {name, "sheet.png"}
    assert not pyplot.get_fignums()  # nothing is left open
    warning = "render: warning: the file ends after 3.0 s, but its header says 4.0 s\n"
    assert capsys.readouterr().err == warning


def test_a_name_that_is_no_text_is_drawn_too(sound):
    clip = Clip(sound(1).astype(np.float32), 0.0, 1.0)
    assert sheet(clip, "bytes\udcff.wav", SETTINGS).get_suptitle().startswith("bytes?.wav, ")


def test_what_is_no_sound_is_refused_and_leaves_nothing(tmp_path):
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(ValueError, match="expected audio"):
        preview(tmp_path / "text.wav", tmp_path / "sheet.png", SETTINGS)
    assert not (tmp_path / "sheet.png").exists()
