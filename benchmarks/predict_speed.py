"""Speed of a verdict, beside the short Keras script that anyone would write.

cold     ``./run.sh predict`` of one picture, from the shell, beside a script that imports Keras,
         loads the same network, reads the picture and predicts; and ``./run.sh detect`` of a 10 s
         MP3 beside the same script.
warm     pictures scored in one process, beside ``flow_from_directory`` and ``model.predict``.

The network is the default one, untrained: its answers take as long. Both sides must agree.
"""

import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.support import timing
from benchmarks.support.command import ROOT, timing_parser

COLD, DETECT, WARM = 6.0, 2.0, 2.0  # bars
AGREEMENT = 1e-4
SCRIPT = """\
import sys, numpy, keras
model = keras.models.load_model(sys.argv[1])
picture = keras.utils.img_to_array(keras.utils.load_img(sys.argv[2], color_mode="grayscale"))
p_fake = model.predict(picture[numpy.newaxis].astype("uint8"), verbose=0)[0, 0]
print(p_fake)
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    parser = timing_parser("predict_speed", __doc__, count=10_000)
    parser.add_argument("--only", choices=("cold", "warm"), help="one half of it (default: both)")
    options = parser.parse_args(arguments)
    met = []
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        run, audio = Path(folder, "run"), Path(folder, "audio.mp3")
        images = Path(folder, "images")
        _child("make", run, images, audio, 4 if options.only == "cold" else options.count)
        if options.only != "warm":
            met += _cold(run, next((images / "real").iterdir()), audio, options.rounds)
        if options.only != "cold":
            met += _warm(run, images, options.count, options.rounds)
    return 0 if all(met) else 1


def make(run: Path, dataset: Path, audio: Path, count: int) -> None:
    """Write an untrained run, pictures of noise in two folders, and 10 s of noise as MP3."""
    import cv2
    import numpy as np
    import soundfile
    from tqdm import trange

    from benchmarks.support.untrained_run import write_default_run
    from classify.training.callbacks import without_training_state

    model = write_default_run(run)
    without_training_state(model).save(run / "model.keras")
    rng = np.random.default_rng(0)
    for number in trange(count, desc="pictures", disable=None):
        path = dataset / ("real", "fake")[number % 2] / f"{number // 2 // 1000:03d}"
        path.mkdir(parents=True, exist_ok=True)
        picture = rng.integers(0, 256, model.input_shape[1:3]).astype(np.uint8)
        cv2.imwrite(str(path / f"{number:06d}.png"), cv2.GaussianBlur(picture, (9, 9), 0))
    swell = 0.02 + np.sin(2 * np.pi * 2 * np.arange(160_000) / 16_000) ** 2
    soundfile.write(audio, 0.05 * swell * rng.standard_normal(160_000), 16_000)


def warm(run: Path, dataset: Path, count: int, repeats: int) -> None:
    """Score pictures in both ways, in turn, and print the seconds of each as JSON."""
    import numpy as np

    from classify import backend

    backend.load()
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    from classify.prediction.verdicts import Verdict, predict
    from classify.runs.run import load

    loaded = load(run)
    answers: dict[str, np.ndarray] = {}

    def ours(_: Path) -> None:
        answers["ours"] = np.array(
            [item.p_fake for item in predict(loaded, [str(dataset)]) if isinstance(item, Verdict)]
        )

    def theirs(_: Path) -> None:
        flow = ImageDataGenerator().flow_from_directory(
            dataset, loaded.shape, "grayscale", class_mode=None, batch_size=64, shuffle=False
        )
        answers["keras"] = loaded.model.predict(flow, verbose=0)[:, 0]

    seconds = timing.interleave({"ours": ours, "keras": theirs}, repeats)
    difference = float(np.abs(answers["ours"] - answers["keras"]).max())
    if len(answers["ours"]) != count or difference > AGREEMENT:
        raise ValueError(f"expected {count} equal answers, got a difference of {difference:.2g}")
    print(json.dumps(seconds))


def _cold(run: Path, folder: Path, audio: Path, repeats: int) -> list[bool]:
    picture = next(folder.iterdir())
    shell = str(ROOT / "run.sh")
    commands = {
        "predict": [shell, "predict", str(picture), "--run", str(run)],
        "detect": [shell, "detect", str(audio), "--run", str(run)],
        "script": [sys.executable, "-c", SCRIPT, str(run / "model.keras"), str(picture)],
    }
    tasks = {name: functools.partial(_call, command) for name, command in commands.items()}
    return _print_table(
        timing.interleave(tasks, repeats), "script", {"predict": COLD, "detect": DETECT}
    )


def _warm(run: Path, dataset: Path, count: int, repeats: int) -> list[bool]:
    seconds = json.loads(_child("warm", run, dataset, count, repeats).splitlines()[-1])
    return _print_table(seconds, "keras", {"ours": WARM}, count)


def _print_table(
    seconds: Mapping[str, list[float]], other: str, bars: Mapping[str, float], count: int = 0
) -> list[bool]:
    met = []
    for name, times in seconds.items():
        middle = statistics.median(times)
        speed = f"{count / middle:.0f} pictures/s" if count else f"{middle:.2f} s"
        line = f"{name:<9}{speed:>18}"
        if name in bars:
            ratio = timing.ratio(times, seconds[other])
            met.append(ratio >= bars[name])
            line += f"{ratio:>8.1f} x   bar {bars[name]}: {timing.verdict(met[-1])}"
        print(line, flush=True)
    return met


def _call(command: list[str], _: Path) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _child(function: str, *arguments: Path | int) -> str:
    """Call a function of this module in a process of its own; it loads TensorFlow, we do not."""
    listed = ", ".join(repr(a) if isinstance(a, int) else f"Path({str(a)!r})" for a in arguments)
    code = "from pathlib import Path; from benchmarks import predict_speed; "
    code += f"predict_speed.{function}({listed})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
