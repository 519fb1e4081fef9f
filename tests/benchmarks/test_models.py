"""What the networks' benchmark counts is worked out by hand; its table has a row a model."""

import json
import re

import pytest


@pytest.fixture
def count():
    """Return a function that counts a network of one layer, given the shape of its input."""
    from classify import backend

    backend.load()
    import keras

    from benchmarks.support.multiply_adds import multiply_adds

    def of(layer, *shape):
        entry = keras.Input(shape)
        return multiply_adds(keras.Model(entry, layer(entry)))

    return of


def test_convolutions_multiply_at_every_place_they_come_out_at(count):
    from keras import layers

    # 3 x 3 of 4 channels, for each of 8 filters, at 5 x 3 places.
    assert count(layers.Conv2D(8, 3, 2, padding="same"), 10, 6, 4) == 3 * 3 * 4 * 8 * 5 * 3
    # Each filter sees 2 of the 4 channels.
    assert count(layers.Conv2D(8, 3, groups=2, padding="same"), 10, 6, 4) == 3 * 3 * 2 * 8 * 60
    assert count(layers.DepthwiseConv2D(3, padding="same"), 10, 6, 4) == 3 * 3 * 4 * 60
    separable = layers.SeparableConv2D(8, 3, padding="same")
    assert count(separable, 10, 6, 4) == (3 * 3 * 4 + 4 * 8) * 60


def test_dense_layers_multiply_once_or_at_every_place(count):
    from keras import layers

    assert count(layers.Dense(5), 7) == 7 * 5
    assert count(layers.Dense(5), 3, 7) == 3 * 7 * 5
    assert count(layers.EinsumDense("bpc,cd->bpd", (3, 5), bias_axes="pd"), 3, 7) == 3 * 7 * 5


def test_recurrent_layers_multiply_at_every_step(count):
    from keras import layers

    # Four gates, or three, each of 5 units that see 7 features and 5 states, at 3 steps.
    assert count(layers.LSTM(5), 3, 7) == 3 * 4 * 5 * (7 + 5)
    assert count(layers.GRU(5), 3, 7) == 3 * 3 * 5 * (7 + 5)
    assert count(layers.Bidirectional(layers.LSTM(5)), 3, 7) == 2 * 3 * 4 * 5 * (7 + 5)


def test_attention_multiplies_every_token_with_every_other(count):
    import keras
    from keras import layers

    entry = keras.Input((6, 8))
    attention = keras.Model(entry, layers.MultiHeadAttention(2, 3)(entry, entry))
    # Three projections of 6 tokens from 8 to 2 x 3 numbers and one back, and two products of
    # 6 x 6 tokens over 2 x 3 numbers. A network within another counts as its layers do.
    assert count(attention, 6, 8) == 4 * 6 * 8 * (2 * 3) + 2 * 6 * 6 * (2 * 3)


def test_what_has_no_kernel_does_not_count_and_what_is_unknown_is_refused(count):
    from keras import layers

    assert count(layers.BatchNormalization(), 6, 8) == 0
    with pytest.raises(ValueError, match=r"^expected a layer whose multiply-adds are known, got "):
        count(layers.Conv2DTranspose(2, 3), 6, 8, 1)


@pytest.mark.slow
def test_a_row_a_model_with_its_errors(bench, trained, tmp_path, monkeypatch):
    from benchmarks import models
    from classify.arguments import parser
    from classify.models.build import build

    eers = {"cnn": (0.125, 0.25), "plain": (0.375, 0.5)}

    def pretend_to_train(args, **_):
        assert args[1:3] == ["-m", "classify"]
        options = parser().parse_args(args[3:])
        assert (options.verb, options.dataset, options.recipe) == ("train", tmp_path, "plain")
        assert (options.epochs, options.resume) == (1, True)
        written = json.loads((trained / "run.json").read_text())
        written["validation"]["eer"], written["scores"]["val_eer"] = eers[options.model]
        options.folder.mkdir(parents=True)
        (options.folder / "run.json").write_text(json.dumps(written))

    def build_without_a_graph(*arguments):
        """Build, and spare the timed batches the seconds in which a graph is compiled."""
        network = build(*arguments)
        network.run_eagerly = True
        return network

    monkeypatch.setattr("classify.models.build.build", build_without_a_graph)
    monkeypatch.setattr(models.subprocess, "run", pretend_to_train)
    options = ["--models", *eers, "--shape", 32, 32, "--count", 32, "--rounds", 1]
    options += ["--images", tmp_path, "--to", tmp_path, "--recipe", "plain", "--epochs", 1]
    status, text = bench("models", *options)
    assert status == 0
    rows = dict(re.findall(r"^(cnn|plain) +(.*)$", text, re.MULTILINE))
    assert list(rows) == [*eers]
    for model, row in rows.items():
        cells = re.fullmatch(
            r"([\d,]+) +([\d.]+) M +\d+ /s +([\d.]+) x +\d+ /s +([\d.]+) x +([\d.]+) +([\d.]+)",
            row,
        )
        assert cells, row
        if model == "cnn":
            assert (cells[3], cells[4]) == ("1.00", "1.00")
        assert (float(cells[5]), float(cells[6])) == eers[model]
    assert (tmp_path / "plain" / "run.json").is_file()
