"""A run whose network is set by hand, and sounds like speech: no training, no Keras."""

import json

import numpy as np
import pytest
import soundfile
from onnx import TensorProto, helper, numpy_helper
from scipy import signal

from render.axes import axes
from render.command import command
from render.demo.formant_synthesis import RATE, speaker, utterance
from render.settings import Settings

SETTINGS = Settings(feature="linear", seconds=1.0, window=512, hop=256)
TRAINING_RANGES = {"sample_rate": [16_000.0, 16_000.0], "recording_s": [1.0, 30.0]}


def bright_on_top(rows):
    """A network that says "fake" the surer, the brighter the top quarter of a picture is.

    P(fake) = 1 / (1 + exp(-(brightness - 60) / 10)): its raw score is (60 - brightness) / 10.
    """
    constants = {
        "begin": np.array([0, 0, 0, 0]),
        "end": np.array([2**31, rows // 4, 2**31, 2**31]),
        "middle": np.array(60, np.float32),
        "width": np.array(10, np.float32),
    }
    nodes = [
        helper.make_node("Cast", ["picture"], ["grey"], to=TensorProto.FLOAT),
        helper.make_node("Slice", ["grey", "begin", "end"], ["top"]),
        helper.make_node("ReduceMean", ["top"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("Sub", ["mean", "middle"], ["above"]),
        helper.make_node("Div", ["above", "width"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["p"]),
    ]
    graph = helper.make_graph(
        nodes,
        "bright",
        [helper.make_tensor_value_info("picture", TensorProto.UINT8, ["n", *SETTINGS.shape, 1])],
        [helper.make_tensor_value_info("p", TensorProto.FLOAT, ["n", 1])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    ).SerializeToString()


@pytest.fixture(scope="session")
def make_run():
    """Return a function that writes a run; keywords change its run.json."""

    def make(folder, **changes):
        values = {
            "format": 1,
            "training": {},
            "classes": ["real", "fake"],
            "shape": list(SETTINGS.shape),
            "prior": 0.5,
            "fingerprint": "",
            "calibration": {"slope": 1.0, "offset": 0.0},
            "threshold": 0.5,
            "uncertain": [0.4, 0.6],
            "training_ranges": TRAINING_RANGES,
            "members": [],
            **changes,
        }
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(json.dumps(values))
        settings = json.loads(SETTINGS.to_json())
        settings |= {"axes": axes(SETTINGS), "command": command(SETTINGS)}
        (folder / "render.json").write_text(json.dumps(settings))
        (folder / "model.onnx").write_bytes(bright_on_top(SETTINGS.rows))
        return folder

    return make


@pytest.fixture(scope="session")
def hand_set(tmp_path_factory, make_run):
    """Give the folder of a run that takes what is bright above 6 kHz for fake."""
    return make_run(tmp_path_factory.mktemp("runs") / "hand-set")


@pytest.fixture(scope="session")
def bright():
    """Give 5 s of speech-like sound that this run takes for fake, at 16 kHz."""
    utterances = [utterance(speaker(seed), np.random.default_rng(seed)) for seed in range(3)]
    sound = np.concatenate(utterances)[: 5 * RATE]
    # Brighter, so that the top is bright whatever the words are.
    return signal.lfilter([1, -0.9], 1, sound)


@pytest.fixture(scope="session")
def dull(bright):
    """Give the same with nothing above 4 kHz, which this run takes for real."""
    return signal.sosfiltfilt(signal.butter(8, 4_000, fs=RATE, output="sos"), bright)


@pytest.fixture
def talks(tmp_path, bright, dull):
    """Give a folder of two recordings that can be judged, and one of a tone."""
    folder = tmp_path / "talks"
    (folder / "sub").mkdir(parents=True)
    tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(3 * RATE) / RATE)
    soundfile.write(folder / "sub/dull.flac", dull, RATE)
    soundfile.write(folder / "bright.wav", bright, RATE)
    soundfile.write(folder / "tone.wav", tone, RATE)
    return folder
