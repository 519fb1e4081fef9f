import io
from dataclasses import replace

import matplotlib.image
import numpy as np
import pytest
import soundfile

from classify.runs.run import load
from detect.detection import Detector
from detect.timeline import timeline

RATE = 16_000


@pytest.fixture(scope="module")
def detector(hand_set):
    return Detector(load(hand_set))


def lines(panel):
    return {line.get_label(): line.get_xydata() for line in panel.lines}


def test_the_panels_show_the_recording_and_the_windows(detector, tmp_path, bright, dull):
    path = tmp_path / "x.wav"
    soundfile.write(path, np.concatenate([dull, bright, np.zeros(3 * RATE), dull]), RATE)
    detection = detector.detect(path)
    figure = timeline(detector, path, detection)
    waveform, spectrogram, chances = figure.axes
    assert [panel.get_ylabel() for panel in figure.axes] == ["amplitude", "Hz", "P(fake)"]
    assert chances.get_xlabel() == "s"
    assert chances.get_xlim() == (0, pytest.approx(18.0))
    assert spectrogram.images[0].get_extent() == [0, pytest.approx(18.0), 0, 8_000]
    drawn = lines(chances)
    named = [text.get_text() for text in chances.get_legend().get_texts()]
    assert named.count("most suspicious") == 1
    assert drawn["threshold"][:, 1].tolist() == [0.5, 0.5]
    points = drawn["P(fake)"]
    points_of_speech = points[~np.isnan(points[:, 0])]
    assert points_of_speech[:, 0] == pytest.approx(
        [window.start_s + window.duration_s / 2 for window in detection.windows]
    )
    assert points_of_speech[:, 1] == pytest.approx([window.p_fake for window in detection.windows])
    assert np.isnan(points).any()  # nothing is drawn over the 3 s of silence
    for panel in figure.axes:
        edges = [line.get_xdata()[0] for line in panel.lines if line.get_linestyle() == "--"]
        assert edges == list(detection.suspicious)
    band = next(patch for patch in chances.patches if patch.get_label() == "uncertain")
    assert band.get_extents().transformed(chances.transData.inverted()).intervaly == pytest.approx(
        [0.4, 0.6]
    )
    assert (waveform.collections[0].get_paths()[0].vertices[:, 1].max()) == pytest.approx(
        max(np.abs(bright).max(), np.abs(dull).max()), rel=0.3
    )


def test_an_image_comes_of_it_even_without_speech_and_with_an_odd_name(detector, tmp_path):
    path = tmp_path / "x.wav"
    soundfile.write(path, 0.1 * np.random.default_rng(0).standard_normal(3 * RATE), RATE)
    detection = replace(detector.detect(path), path=99 * "x" + "$\\nonsense{$")
    figure = timeline(detector, path, detection)
    assert "no speech found" in [text.get_text() for text in figure.axes[2].texts]
    title = figure.get_suptitle()
    assert title.startswith("…")
    assert title.endswith("x$\\nonsense{$: no speech")
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=50)
    data.seek(0)
    assert matplotlib.image.imread(data).std() > 0.05


def test_control_characters_are_not_drawn(detector, tmp_path, dull):
    path = tmp_path / "x.wav"
    soundfile.write(path, dull, RATE)
    figure = timeline(detector, path, replace(detector.detect(path), path="\x1b$x_1$\n.wav"))
    assert figure.get_suptitle().startswith(r"\x1b$x_1$\n.wav: real, P(fake) 0.")
