import importlib.util
import json
import os
import subprocess
import sys

import pytest

from classify import backend
from classify.cli import main


def python_on(name, *arguments, **environment):
    """Run Python in a process of its own, with that backend."""
    if not importlib.util.find_spec(name):
        pytest.skip(f"{name} is not installed")
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, **environment, "KERAS_BACKEND": name},
    )


SLOPE = """
import numpy as np
from classify import backend
backend.load()
import keras
layer = keras.layers.Dense(1, use_bias=False)
point = np.array([[1.0], [-2.0]], "float32")
layer(point)
layer.set_weights([np.array([[3.0]])])
print(keras.backend.backend(), backend.gradient_at(lambda x: layer(x) ** 2, point).tolist())
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tensorflow", "jax", "torch"])
def test_every_backend_finds_the_same_slope(name):
    done = python_on(name, "-c", SLOPE)
    # (3 x)^2 rises by 18 x.
    assert done.stdout == f"{name} [[18.0], [-36.0]]\n", done.stderr


FED = """
import numpy as np
from classify import backend
backend.load()
import keras

class Numbers(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        size = 4 if index < 2 else 1
        return np.full((size, 2), index, "uint8"), np.full((size, 1), 0.5, "float32")

entry = keras.Input((2,), dtype="uint8")
model = keras.Model(entry, keras.layers.Dense(1)(keras.ops.cast(entry, "float32")))
model.compile("sgd", "mse")
fed = backend.feed(Numbers())
model.fit(fed, epochs=2, verbose=0, shuffle=False)
print(int(model.optimizer.iterations))
settings = keras.config.floatx(), keras.config.image_data_format(), keras.config.epsilon()
print(*settings, keras.config.dtype_policy().name)
if backend.name() == "tensorflow":
    print([[np.asarray(part).tolist() for part in batch] for batch in fed][1:])
    print(len(fed), fed.options().autotune.enabled)
else:
    print(type(fed).__name__)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tensorflow", "jax", "torch"])
def test_every_backend_is_fed_every_batch_once_an_epoch_whatever_the_user_set(name, tmp_path):
    (tmp_path / "keras.json").write_text(
        '{"floatx": "float16", "image_data_format": "channels_first", "epsilon": 0.1}'
    )
    user = {"KERAS_HOME": str(tmp_path), "KERAS_MAX_EPOCHS": "1", "KERAS_MAX_STEPS_PER_EPOCH": "1"}
    done = python_on(name, "-c", FED, **user)
    steps, settings, *rest = done.stdout.splitlines()
    assert steps == "6", done.stderr
    assert settings == "float32 channels_last 1e-07 float32"
    if name == "tensorflow":
        # In order, the last one smaller; untuned, or an epoch would wait for what tunes it.
        second, third = [[[1, 1]] * 4, [[0.5]] * 4], [[[2, 2]], [[0.5]]]
        assert rest == [str([second, third]), "3 False"]
    else:
        assert rest == ["Numbers"]
    assert done.stderr == ""


def test_a_backend_that_is_not_installed_is_one_line(monkeypatch, images, tmp_path, capsys):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setattr(backend, "find_spec", lambda _: None)
    assert main(["train", str(images), "--to", str(tmp_path / "run")]) == 2
    assert capsys.readouterr().err == (
        "train: expected the library of KERAS_BACKEND=torch, got no module torch\n"
    )
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["jax", "torch"])
def test_other_backends_train_and_predict(name, images, tmp_path):
    run = str(tmp_path / "run")
    for arguments in (
        ["train", str(images), "--to", run, "--epochs", "1", "--batch-size", "8"],
        ["predict", str(images / "test"), "--run", run],
    ):
        done = python_on(name, "-m", "classify", *arguments)
        assert done.returncode == 0, done.stderr
    assert done.stdout.count("P(fake)") == 16
    assert json.loads((tmp_path / "run/run.json").read_text())["versions"][name]


def test_tensorflow_computes_with_onednn_on_every_processor(monkeypatch):
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    backend.load()
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "1"


FUSED = """
import os
import numpy as np
from classify import backend
backend.load()
import keras

def make():
    keras.utils.set_random_seed(0)
    entry = keras.Input((6, 5, 2))
    x = keras.layers.Conv2D(3, 3)(entry)
    x = keras.layers.BatchNormalization(momentum=0.5, name="pictures")(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.BatchNormalization(momentum=0.5, name="vectors")(x)
    model = keras.Model(entry, keras.layers.Dense(1)(x))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model

rng = np.random.default_rng(0)
x, y = rng.normal(3, 2, (64, 6, 5, 2)), rng.normal(0, 1, (64, 1))
usual, fused = make(), make()
for name in ("pictures", "vectors"):
    backend.fuse_normalization(fused.get_layer(name))
for model in (usual, fused):
    for _ in range(3):
        model.train_on_batch(x, y)
for one, other in zip(usual.get_weights(), fused.get_weights()):
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
np.testing.assert_allclose(usual.predict_on_batch(x), fused.predict_on_batch(x), atol=1e-4)
fused.save(os.environ["SAVED"])
again = keras.models.load_model(os.environ["SAVED"], safe_mode=True)
assert type(again.get_layer("pictures")) is keras.layers.BatchNormalization
operations = set()
if keras.backend.backend() == "tensorflow":
    import tensorflow
    step = tensorflow.function(lambda: fused(x.astype("float32"), training=True))
    operations = {one.type for one in step.get_concrete_function().graph.get_operations()}
print(keras.backend.backend(), "FusedBatchNormV3" in operations)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tensorflow", "jax", "torch"])
def test_a_fused_normalization_learns_the_same(name, tmp_path):
    done = python_on(name, "-c", FUSED, SAVED=str(tmp_path / "fused.keras"))
    assert done.stdout == f"{name} {name == 'tensorflow'}\n", done.stderr
