import numpy as np
import pytest
from scipy.special import expit

from classify.explanations.explanation import Explanation, explain
from classify.explanations.occlusion import Band
from classify.runs.run import Calibration, Run

AXES = {
    "rows": {"unit": "Hz", "ticks": [[32, 0], [0, 8000]]},
    "columns": {"unit": "s", "ticks": [[-0.5, 0], [31.5, 2]]},
}


def a_run(folder, **how):
    names = ("real", "fake")
    return Run(
        folder=folder, training={}, classes=names, shape=(32, 32), prior=0.5, fingerprint="", **how
    )


@pytest.fixture(scope="module")
def looking(tmp_path_factory):
    """Give a run of a Keras network that finds clicks: steps up and down along time."""
    from classify import backend

    backend.load()
    import keras
    from keras import layers

    pictures = keras.Input((32, 32, 1), dtype="uint8")
    clicks = layers.Conv2D(1, (1, 3), padding="valid", use_bias=False)
    verdict = layers.Dense(1, "sigmoid")
    x = layers.ReLU()(clicks(layers.Rescaling(1 / 255)(pictures)))
    model = keras.Model(pictures, verdict(layers.GlobalAveragePooling2D()(x)))
    clicks.set_weights([np.array([-1.0, 2.0, -1.0]).reshape(1, 3, 1, 1)])
    verdict.set_weights([np.array([[60.0]]), np.array([-2.0])])
    folder = tmp_path_factory.mktemp("looking")
    model.save(folder / "model.keras")
    return a_run(folder)


def clicking():
    """Steady tones, with clicks in rows 8 to 15 and columns 16 to 23 only."""
    image = np.tile(np.arange(32, dtype=np.uint8)[:, np.newaxis] * 4, (1, 32))
    image[8:16, 17:24:2] = 250
    return image


@pytest.mark.parametrize("method", ["occlusion", "gradcam", None])
def test_a_network_that_looks_at_one_band_is_explained_by_exactly_that_band(looking, method):
    explanation = explain(looking, clicking(), method)
    assert explanation.method == (method or "occlusion")
    assert (explanation.rows.first, explanation.rows.last) == (8, 15)
    assert (explanation.columns.first, explanation.columns.last) == (16, 23)
    assert explanation.map[8:16, 16:24].mean() > 0.1
    # Occlusion sees a tile of 4 pixels too far; Grad-CAM's last features are a little narrower
    # than the picture, so a pixel too far.
    seen = np.zeros((32, 32), bool)
    seen[4:20, 12:28] = True
    assert np.abs(explanation.map[~seen]).max() < 1e-3


def test_p_fake_is_the_network_s_and_so_is_that_without_the_band(looking):
    explanation = explain(looking, clicking())
    # Without clicks nothing passes the ReLU, and the bias of -2 is left.
    assert explanation.rows.p_fake_without == pytest.approx(expit(-2), abs=1e-4)
    found = looking.network(clicking()[np.newaxis])[0]
    assert explanation.p_fake == pytest.approx(found, abs=1e-4)
    assert found > 0.5


def test_p_fake_is_calibrated(looking):
    run = a_run(looking.folder, calibration=Calibration(0.5, 1.0))
    assert explain(run, clicking()).rows.p_fake_without == pytest.approx(
        expit(-(0.5 * 2 + 1)), abs=1e-4
    )


def test_the_networks_of_an_ensemble_are_averaged(looking):
    blind = a_run(looking.folder)
    blind.__dict__["network"] = lambda images: np.full(len(images), 0.5)
    alone = explain(looking, clicking())
    both = explain(a_run(None, members=(looking, blind)), clicking())
    assert both.map == pytest.approx(alone.map / 2, abs=1e-5)
    assert both.rows.p_fake_without == pytest.approx(expit(-1), abs=1e-4)


@pytest.mark.parametrize(
    ("rows", "columns", "sentence"),
    [
        # Rows of 250 Hz: row 8 reaches up to (32 - 7.5) * 250 = 6125 Hz, row 15 down to 4125 Hz.
        (Band(8, 15, 0.41), None, "P(fake) falls from 0.93 to 0.41 when 4.1-6.1 kHz is hidden"),
        # Columns of 1/16 s: 16 begins at 1 s, 23 ends at 1.5 s.
        (None, Band(16, 23, 0.2), "P(fake) falls from 0.93 to 0.20 when 1.00-1.50 s is hidden"),
        (
            Band(30, 31, 0.5),
            Band(0, 7, 0.999),
            "P(fake) falls from 0.93 to 0.50 when 125-625 Hz is hidden, and rises to over 0.99 "
            "when 0.00-0.50 s is hidden",
        ),
        (
            Band(8, 15, 0.41),
            Band(0, 7, 0.6),
            "P(fake) falls from 0.93 to 0.41 when 4.1-6.1 kHz is hidden, and to 0.60 when "
            "0.00-0.50 s is hidden",
        ),
    ],
)
def test_the_sentence_says_what_was_measured(rows, columns, sentence):
    explanation = Explanation("occlusion", np.zeros((32, 32)), 0.93, rows, columns)
    assert explanation.sentence(AXES) == sentence


def test_what_lies_below_the_axis_has_its_name():
    axes = {
        **AXES,
        "rows": {"unit": "Hz", "ticks": [[24, 0], [0, 6000]], "count": 24, "rest": "it"},
    }
    for first, hidden in ((24, "it is hidden"), (16, "0.1-2.1 kHz and it are hidden")):
        explanation = Explanation("occlusion", np.zeros((32, 32)), 0.9, Band(first, 31, 0.4), None)
        assert explanation.sentence(axes) == f"P(fake) falls from 0.90 to 0.40 when {hidden}"


def test_without_axes_the_sentence_names_rows_and_columns():
    explanation = Explanation("occlusion", np.zeros((2, 2)), 0.001, Band(8, 15, 0.4), None, "cat")
    assert explanation.sentence(None) == (
        "P(cat) rises from under 0.01 to 0.40 when rows 8-15 are hidden"
    )


def test_a_network_that_looks_at_nothing_has_a_sentence_too(tmp_path):
    run = a_run(tmp_path)
    run.__dict__["network"] = lambda images: np.full(len(images), 0.75)
    explanation = explain(run, clicking())
    assert explanation.rows is explanation.columns is None
    assert (explanation.map == 0).all()
    assert explanation.sentence(AXES) == (
        "P(fake) stays at 0.75: hiding a quarter of the height or of the width, wherever, changes "
        "it by less than 0.02"
    )


@pytest.mark.parametrize(
    ("image", "method", "message"),
    [
        (
            np.zeros((32, 31), np.uint8),
            None,
            r"^expected a picture of 32 x 32 .*\(32, 31\), uint8$",
        ),
        (np.zeros((32, 32)), None, r"^expected a picture .*float64$"),
        (clicking(), "lime", r"^expected a method among occlusion, gradcam, got lime$"),
    ],
)
def test_what_cannot_be_explained_is_refused_in_one_line(looking, image, method, message):
    with pytest.raises(ValueError, match=message):
        explain(looking, image, method)
