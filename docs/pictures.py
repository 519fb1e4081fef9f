"""The pictures of the README, from what ``./run.sh demo`` left."""

import base64
import csv
import json
import re
from pathlib import Path

import cv2
import numpy as np
from matplotlib.figure import Figure

from render.preview import preview
from render.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
AUDIO = ROOT / "datasets" / "demo" / "audio"
IMAGES = ROOT / "datasets" / "demo" / "images"
RUN = ROOT / "checkpoints" / "demo"


def clips(path: Path) -> None:
    """One utterance of the test split, real and fake, with axes."""
    drawing = json.loads((IMAGES / "render.json").read_text())
    with (IMAGES / "manifest.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "test"]
    real = next(row for row in rows if row["label"] == "real")
    fake = next(
        row for row in rows if row["label"] == "fake" and row["utterance"] == real["utterance"]
    )
    count = drawing["axes"]["rows"].get("count")  # the comb below is on the other picture
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, row in zip(panels, (real, fake), strict=True):
        axes.imshow(
            cv2.imread(str(IMAGES / row["path"]), cv2.IMREAD_GRAYSCALE)[:count],
            cmap="magma",
            aspect="auto",
            extent=(0, drawing["seconds"], 0, drawing["rate"] / 2000),
        )
        method = "" if row["label"] == "real" else f" ({row['generator'].replace('_', ' ')})"
        axes.set(title=row["label"] + method, xlabel="s")
    panels[0].set_ylabel("kHz")
    figure.savefig(path, dpi=100)


def report(path: Path) -> None:
    """Three figures of the run's report, side by side, as they stand in its page."""
    page = (RUN / "report" / "index.html").read_text()
    figure = Figure(figsize=(12, 4.25), layout="constrained")
    names = ("histogram-recording", "det", "reliability-recording")
    for axes, name in zip(figure.subplots(1, len(names)), names, strict=True):
        data = re.search(rf'id="{name}"[^>]*base64,([^"]+)"', page)[1]
        image = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
        axes.imshow(image[..., ::-1])
        axes.axis("off")
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    clips(ROOT / "docs" / "clips.png")
    report(ROOT / "docs" / "report.png")
    recording = min(AUDIO.glob("test/real/*.flac"))
    preview(recording, ROOT / "docs" / "preview.png", Settings())
