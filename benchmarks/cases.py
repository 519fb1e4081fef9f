"""Inputs that people have had trouble with, each with the right value: right or WRONG.

CASES holds a folder a case, such as ``02-mp3-chunks``. A case is tried by the commands that a
person would type, in an empty folder. Some need a run of ``./run.sh demo``, and a folder CLIPS of
at least eight recordings of speech. Exit status 1 if a case is wrong.
"""

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile

from benchmarks.support.command import ROOT, argument_parser

RUN_SH = ROOT / "run.sh"
QUICK = ("--resamples", "0", "--explain-pictures", "0")
NOT_ROOT = (
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
)


# What every Python that has it in its path does first.
HIDE = """
import sys

hidden = "sklearn keras tensorflow librosa audiomentations streamlit".split()

class Hidden:
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden)
"""


class Lab(NamedTuple):
    """Where a case is tried.

    Attributes
    ----------
    case, out : Path
        Its folder, and an empty one.
    run : Path
        A run of the demonstration.
    clips : list of Path
        Recordings of speech.
    """

    case: Path
    out: Path
    run: Path
    clips: list[Path]

    def call(
        self,
        *words: object,
        status: int | None = 0,
        env: Mapping[str, str] | None = None,
        **more: Any,
    ) -> subprocess.CompletedProcess[str]:
        """Call run.sh; another exit status than `status`, or a traceback, is wrong."""
        return self.shell([RUN_SH, *words], status=status, env=env, **more)

    def shell(
        self,
        words: Iterable[object],
        status: int | None = 0,
        env: Mapping[str, str] | None = None,
        **more: Any,
    ) -> subprocess.CompletedProcess[str]:
        """Call a command; another exit status than `status`, or a traceback, is wrong."""
        done = subprocess.run(
            [str(word) for word in words],
            env={**os.environ, **(env or {})},
            cwd=more.pop("cwd", self.case),
            stdout=more.pop("stdout", subprocess.PIPE),
            stderr=more.pop("stderr", subprocess.PIPE),
            text=True,
            errors="surrogateescape",
            check=False,
            **more,
        )
        require("Traceback" not in (done.stderr or ""), f"traceback: {last(done.stderr)}")
        require(
            status is None or done.returncode == status,
            f"exit status {done.returncode}: {last(done.stderr)}",
        )
        return done

    def unprivileged(self, *words: object, **more: Any) -> subprocess.CompletedProcess[str]:
        """Call run.sh without root's right to read and write what is locked."""
        return self.shell([*(NOT_ROOT if os.geteuid() == 0 else ()), RUN_SH, *words], **more)

    def detect(self, *paths: object, status: int = 0) -> dict[str, dict[str, str]]:
        """Rows of `detect --format csv`, by the name of the file."""
        done = self.call("detect", "--run", self.run, "--format", "csv", *paths, status=status)
        return {Path(row["path"]).name: row for row in csv.DictReader(io.StringIO(done.stdout))}

    def p_fake(self, samples: np.ndarray, rate: int) -> float:
        """P(fake) of a recording that is as it should be."""
        path = self.out / "right.wav"
        soundfile.write(path, samples, rate)
        return float(self.detect(path)["right.wav"]["p_fake"])

    def lengths(self, expected: Mapping[str, float], tolerance: float = 0.1) -> str:
        """Compare the lengths of the case's recordings with those that players sound."""
        rows = self.detect(self.case)
        got = {name: float(rows[name]["duration_s"]) for name in expected if name in rows}
        wrong = {n: got.get(n) for n, s in expected.items() if abs(got.get(n, 0) - s) > tolerance}
        require(not wrong, f"lengths {wrong}, expected {dict(expected)}")
        return ", ".join(f"{name} {seconds:.2f} s" for name, seconds in got.items())

    def train(self, pictures: object, name: str = "run", **more: Any) -> Path:
        """Train the plain recipe for one epoch."""
        run = self.out / name
        options = ("--recipe", "plain", "--epochs", more.pop("epochs", 1), "--to", run)
        self.call("train", pictures, *options, **more)
        return run


class WrongError(Exception):
    """A case came out wrong."""


def require(condition: object, message: str) -> None:
    """Say that a case is wrong unless a condition holds."""
    if not condition:
        raise WrongError(message)


def last(text: str | None) -> str:
    """Last line of a text."""
    return ((text or "").strip().splitlines() or ["nothing said"])[-1][:200]


def rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV."""
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.DictReader(file))


def classes(lab: Lab) -> str:
    """01: `real` and `deepfake`, which the alphabet puts the other way round."""
    run = lab.train("pictures", epochs=12)
    done = lab.call("predict", "pictures/test/real/1.png", "--run", run, "--format", "json")
    verdict = json.loads(done.stdout.splitlines()[0])
    verdict = verdict[0] if isinstance(verdict, list) else verdict
    require(verdict["label"] == "real" and verdict["p_fake"] < 0.5 and verdict["llr"] > 0, verdict)
    lab.call("evaluate", "pictures", "--run", run, "--scores", lab.out / "s.tsv", *QUICK)
    keys = (lab.out / "s.keys.tsv").read_text()
    words = set(re.findall(r"real/1\.png\s+(.*)", keys))
    require(all("bonafide" in word for word in words) and words, f"keys {words}")
    return f"p_fake {verdict['p_fake']:.3f}, llr {verdict['llr']:+.2f}, keys bonafide"


def antiphase(lab: Lab) -> str:
    """05: one channel inverted, in lossy formats."""
    lab.call("render", lab.case, "--to", lab.out / "images", "--variants", 0)
    table = rows(lab.out / "images/manifest.csv")
    require({row["channel"] for row in table} <= {"1", "2"}, "the mix was drawn")
    verdicts = lab.detect(lab.case)
    p = {name: round(float(row["p_fake"] or "nan"), 3) for name, row in verdicts.items()}
    windows = {name: row["clips"] for name, row in verdicts.items()}
    require(set(windows.values()) == {"11"}, f"windows {windows}, of the mono original 11")
    require(all("channel" in row["warnings"] for row in verdicts.values()), "no warning")
    return f"P(fake) {p}, the mono original 0.677"


def own_manifest(lab: Lab) -> str:
    """06: pictures into the folder of the recordings."""
    corpus = lab.out / "corpus"
    (corpus / "wavs").mkdir(parents=True)
    shutil.copy(lab.case / "corpus/manifest.csv", corpus)
    for row, clip in zip(rows(corpus / "manifest.csv"), lab.clips, strict=False):
        (corpus / row["path"]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(clip, corpus / row["path"])
    before = (corpus / "manifest.csv").read_bytes()
    other = lab.out / "other"
    other.mkdir()
    (other / "manifest.csv").write_text("path,label\n")
    (other / "summary.csv").write_text("mine\n")
    (lab.out / "link").symlink_to(corpus)
    ways = {
        "D --to D": ((corpus, "--to", corpus), lab.out),
        "D/manifest.csv --to D": ((corpus / "manifest.csv", "--to", corpus), lab.out),
        ". --to .": ((".", "--to", "."), corpus),
        "from below": (("..", "--to", ".."), corpus / "wavs"),
        "through a link": ((corpus, "--to", lab.out / "link"), lab.out),
        "into another's manifest": ((corpus, "--to", other), lab.out),
    }
    for name, (words, cwd) in ways.items():
        done = lab.call("render", *words, "--variants", 0, cwd=cwd, status=2)
        require(len(done.stderr.strip().splitlines()) == 1, f"{name}: {done.stderr}")
        require((corpus / "manifest.csv").read_bytes() == before, f"{name}: manifest changed")
        require((other / "summary.csv").read_text() == "mine\n", f"{name}: summary changed")
    return f"six ways refused: {last(done.stderr)}"


def keras_json(lab: Lab) -> str:
    """07: settings that other Keras work left in the home."""
    told = set()
    for home in (lab.case / "home-channels-first", lab.case / "home-float16", Path("/nonexistent")):
        run = lab.train("pictures", home.name, epochs=2, env={"HOME": str(home)})
        written = json.loads((run / "run.json").read_text())
        written.pop("fingerprint", None)
        told.add(
            json.dumps({k: v for k, v in written.items() if "second" not in k}, sort_keys=True)
        )
        done = lab.call("predict", "pictures/test", "--run", run, "--format", "csv")
        told.add(re.sub(r"/\S+/", "", done.stdout))
    require(len(told) == 2, f"{len(told) - 1} different results, expected 1")
    return "three homes, one result"


def shadows(lab: Lab) -> str:
    """08: the user's own detect.py and random.py in the current folder."""
    texts = set()
    for folder in (lab.case, lab.case / "other", lab.out):
        done = lab.call("detect", "--run", lab.run, lab.clips[0], cwd=folder)
        texts.add(done.stdout)
    require(len(texts) == 1, f"different outputs: {texts}")
    return f"one verdict in three folders: {last(texts.pop())}"


def trash(lab: Lab) -> str:
    """09: what was thrown away, hidden, or belongs to a system."""
    audio = lab.out / "audio"
    others = (
        ".Trash-1000/files/real/t1.wav",
        "$RECYCLE.BIN/real/t2.wav",
        "real/.ipynb_checkpoints/r1-checkpoint.wav",
        "real/@eaDir/r1.wav",
        ".git/real/g.wav",
        "real/.cache/c.wav",
        "real/.hidden.wav",
        "System Volume Information/real/s.wav",
        "__MACOSX/real/._r1.wav",
    )
    mine = [f"{label}/{label[0]}{number}.wav" for label in ("real", "fake") for number in (1, 2, 3)]
    for number, name in enumerate((*mine, *others)):
        (audio / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(lab.clips[number % 8], audio / name)
    lab.call("render", audio, "--to", lab.out / "images", "--variants", 0)
    drawn = {row["recording"] for row in rows(lab.out / "images/manifest.csv")}
    require(drawn == set(mine), f"drawn: {sorted(drawn)}")
    judged = lab.detect(audio)
    require(len(judged) == len(mine), f"judged: {sorted(judged)}")
    return f"{len(drawn)} drawn and judged, of {len(mine) + len(others)}"


def blank_source(lab: Lab) -> str:
    """10: a column that is filled for training only."""
    shutil.copy(lab.case / "list.csv", lab.out)
    for number, row in enumerate(rows(lab.out / "list.csv")):
        (lab.out / row["path"]).parent.mkdir(exist_ok=True)
        shutil.copy(lab.clips[number % len(lab.clips)], lab.out / row["path"])
    images = lab.out / "images"
    lab.call("render", lab.out / "list.csv", "--to", images, "--variants", 0)
    done = lab.call("evaluate", images, "--run", lab.train(images), *QUICK)
    require("eer" in done.stdout.lower(), "no figures")
    return "figures, exit status 0"


def spreadsheet(lab: Lab) -> str:
    """11: the manifest of pictures as spreadsheets save it."""
    pictures = lab.out / "pictures"
    shutil.copytree(lab.case / "pictures", pictures)
    run = lab.train(pictures)
    texts = {}
    for kind in "plain bom semi tab caps utf16 latin win dot abs".split():
        text = (lab.case / f"{kind}.csv").read_bytes()
        if kind == "abs":  # paths of the folder in which the case was made
            tail = re.compile(rb"[^,\n]*/(?=(?:train|validation|test)/(?:real|fake)/)")
            text = tail.sub(os.fsencode(pictures) + b"/", text)
        (pictures / "manifest.csv").write_bytes(text)
        done = lab.call("evaluate", pictures, "--run", run, *QUICK)
        texts[kind] = re.sub(r"(?m)^.*(report|second|/).*$", "", done.stdout)
    different = [kind for kind, text in texts.items() if text != texts["plain"]]
    require(not different, f"other figures: {different}")
    return f"{len(texts)} spellings, one table of figures"


def tracks(lab: Lab) -> str:
    """12: the audio track that players take."""
    verdicts = lab.detect(lab.case)
    lengths = {name: float(row["duration_s"]) for name, row in verdicts.items()}
    require(all(abs(s - 12.0) < 0.1 for s in lengths.values()), f"lengths {lengths}, expected 12.0")
    require(all("track" in row["warnings"] for row in verdicts.values()), "other tracks not named")
    return f"{len(lengths)} of 12.0 s, the other tracks named"


def size_zero(lab: Lab) -> str:
    """13: a WAV whose header says 0, from a file and piped."""
    names = ("riff36-data0.wav", "riff0-data0.wav")
    p = {name: float(row["p_fake"]) for name, row in lab.detect(lab.case).items()}
    with (lab.case / names[0]).open("rb") as file:
        done = lab.call("detect", "--run", lab.run, "--format", "json", "-", stdin=file)
    piped = float(re.findall(r'"p_fake": ([\d.]+)', done.stdout)[0])
    require(set(p) == set(names), f"judged: {p}")
    samples = np.frombuffer((lab.case / names[0]).read_bytes()[44:], "<i2")
    right = lab.p_fake(samples, 16_000)
    p_all = (*p.values(), piped)
    require(all(abs(x - right) < 0.001 for x in p_all), f"P {p}, piped {piped}, right is {right}")
    return f"P(fake) {p}, piped {piped:.3f}"


def not_utf8(lab: Lab) -> str:
    """14: a foreign picture whose name is not UTF-8."""
    audio, images = lab.out / "audio", lab.out / "images"
    for number, clip in enumerate(lab.clips[:6]):
        path = audio / ("real", "fake")[number % 2] / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(clip, path)
    lab.call("render", audio, "--to", images, "--variants", 0)
    before = (images / "manifest.csv").read_bytes()
    picture = next(lab.case.glob("Stra*.png"))
    shutil.copy(picture, next(images.glob("*/real")))
    done = lab.call("render", audio, "--to", images, "--variants", 0, status=None)
    require((images / "manifest.csv").read_bytes() == before, "manifest changed")
    require("left alone 1" in done.stderr, last(done.stderr))
    return next(line for line in done.stderr.splitlines() if "left alone" in line)


def locked(lab: Lab) -> str:
    """15: lost+found, which nobody but root can read."""
    audio = lab.out / "audio"
    for number, clip in enumerate(lab.clips):
        path = audio / ("real", "fake")[number % 2] / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(clip, path)
    (audio / "lost+found").mkdir(mode=0)
    (audio / "real/locked").mkdir(mode=0)
    words = ("render", audio, "--to", lab.out / "images", "--variants", 0)
    done = lab.unprivileged(*words, status=1)
    drawn = {row["recording"] for row in rows(lab.out / "images/manifest.csv")}
    require(len(drawn) == len(lab.clips), f"{len(drawn)} drawn")
    require("Permission denied" in done.stderr, last(done.stderr))
    reason = next(line for line in done.stderr.splitlines() if "Permission denied" in line)
    return f"{len(drawn)} drawn; {reason}"


def backend_of_matplotlib(lab: Lab) -> str:
    """16: MPLBACKEND as a notebook sets it."""
    pictures = lab.case.parent / "07-keras-json/pictures"
    lab.train(pictures, env={"MPLBACKEND": "module://matplotlib_inline.backend_inline"})
    require((lab.out / "run/learning_curves.png").exists(), "no learning curves")
    return "trained, with its learning curves"


def matplotlibrc(lab: Lab) -> str:
    """17: a matplotlibrc that asks for TeX."""
    env = {"HOME": str(lab.case / "home")}
    lab.train(lab.case.parent / "07-keras-json/pictures", env=env)
    words = ("detect", "--run", lab.run, lab.clips[0], "--timeline", lab.out / "t.png")
    lab.call(*words, env=env)
    require((lab.out / "t.png").exists(), "no timeline")
    return "trained, judged and drawn"


def _house(lab: Lab) -> Path:
    """A copy of run.sh that says what it takes for its folder, and stops."""
    house = lab.out / "house"
    house.mkdir()
    text = RUN_SH.read_text().replace(
        "require() {", 'require() { printf "root is [%s]\\n" "$root"; exit 3; }\nnever() {', 1
    )
    (house / "run.sh").write_text(text)
    (house / "run.sh").chmod(0o755)
    return house


def cdpath(lab: Lab) -> str:
    """18: CDPATH, which makes cd speak."""
    house = _house(lab)
    words = ["house/run.sh", "detect"]
    done = lab.shell(words, status=3, cwd=lab.out, env={"CDPATH": f".:{Path.home()}"})
    require(done.stdout == f"root is [{house}]\n", done.stdout)
    return done.stdout.strip().replace(str(lab.out), "OUT")


def linked(lab: Lab) -> str:
    """19: a link to run.sh."""
    house = _house(lab)
    (lab.out / "bin").mkdir()
    (lab.out / "bin/spoofsight").symlink_to("../house/run.sh")
    (lab.out / "again").symlink_to("bin/spoofsight")
    for name in ("bin/spoofsight", "again"):
        done = lab.shell([lab.out / name, "detect"], status=3, cwd=lab.out)
        require(done.stdout == f"root is [{house}]\n", done.stdout)
    return "the folder of the file, not of the link"


def closed(lab: Lab) -> str:
    """21: closed standard streams."""
    command = f"'{RUN_SH}' detect --run '{lab.run}'"
    done = lab.shell(["bash", "-c", f"{command} '{lab.clips[0]}' 2>&-"])
    require(lab.clips[0].name in done.stdout, "no verdict with 2>&-")
    lab.shell(["bash", "-c", f"{command} '{lab.clips[0]}' >&-"], status=None)
    done = lab.shell(["bash", "-c", f"{command} - <&-"], status=None)
    require("expected a recording on standard input" in done.stderr, last(done.stderr))
    return "verdict with 2>&-; no traceback with >&-; <&- said in a line"


def keras_backend(lab: Lab) -> str:
    """22: a Keras backend that is not installed."""
    pictures = lab.case.parent / "07-keras-json/pictures"
    words = ("train", pictures, "--epochs", 1, "--to", lab.out / "run")
    done = lab.call(*words, status=2, env={"KERAS_BACKEND": "torch"})
    require(len(done.stderr.strip().splitlines()) == 1, done.stderr)
    return last(done.stderr)


def suffixes(lab: Lab) -> str:
    """23: recordings whose suffix is none of the usual."""
    judged = lab.detect(lab.case)
    require(set(judged) >= {"07.spx", "08.tta"}, f"judged: {sorted(judged)}")
    shutil.copy(lab.clips[0], lab.out / "voicemail")
    shutil.copy(lab.clips[0], lab.out / "call.wav")
    done = lab.call("detect", "--run", lab.run, lab.out)
    require("not looked at" in done.stderr or "voicemail" in done.stdout, last(done.stderr))
    return f"judged: {', '.join(sorted(judged))}"


def broken_pipe(lab: Lab) -> str:
    """25: a pipe into head."""
    told = []
    for words in (
        ("predict", "--run", lab.run, ROOT / "datasets/demo/images/test"),
        ("detect", "--run", lab.run, *lab.clips),
        ("audit", ROOT / "datasets/demo/images"),
    ):
        line = " ".join(f"'{word}'" for word in (RUN_SH, *words))
        done = lab.shell(["bash", "-c", f"{line} | head -1; exit ${{PIPESTATUS[0]}}"], status=None)
        require(done.returncode in (0, 141), f"{words[0]}: {done.returncode}, {last(done.stderr)}")
        require("pipe" not in done.stderr.lower(), last(done.stderr))
        told.append(str(words[0]))
    return f"nothing said: {', '.join(told)}"


def truncated(lab: Lab) -> str:
    """26: files that end before they say they do."""
    verdicts = lab.detect(lab.case)
    require(len(verdicts) == 4, f"judged: {sorted(verdicts)}")
    silent = [n for n, row in verdicts.items() if not re.search("ends|breaks off", row["warnings"])]
    require(not silent, f"no warning: {silent}")
    warning = next(w for w in verdicts["04-trunc.mp3"]["warnings"].split("; ") if "ends" in w)
    return f"four warnings, such as: {warning}"


def stereo_call(lab: Lab) -> str:
    """27: a call with a speaker a channel."""
    (row,) = lab.detect(lab.case).values()
    require("--channels each" in row["warnings"], f"warnings: {row['warnings']}")
    words = ("--format", "csv", "--channels", "each", lab.case)
    done = lab.call("detect", "--run", lab.run, *words)
    p = [round(float(row["p_fake"]), 3) for row in csv.DictReader(io.StringIO(done.stdout))]
    samples, rate = soundfile.read(next(lab.case.glob("*.wav")))
    right = [lab.p_fake(channel, rate) for channel in samples.T]
    require(len(p) == 2 and np.allclose(p, right, atol=0.001), f"P {p}, right is {right}")
    return f"warned; each channel: P(fake) {p}"


def terminated(lab: Lab) -> str:
    """29: SIGTERM while it draws."""
    audio = lab.out / "audio/real"
    audio.mkdir(parents=True)
    for number in range(4000):
        (audio / f"{number}.wav").symlink_to(lab.clips[number % len(lab.clips)].resolve())
    words = [str(RUN_SH), "render", str(lab.out / "audio"), "--to", str(lab.out / "images")]
    with subprocess.Popen(
        words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        time.sleep(5)
        child.send_signal(signal.SIGTERM)
        _, errors = child.communicate(timeout=60)
    require("interrupted; run it again to go on" in errors, last(errors))
    require("Warning" not in errors and "Traceback" not in errors, errors[-300:])
    return last(errors)


def home(lab: Lab) -> str:
    """30: a home that cannot be written."""
    words = ("detect", "--run", lab.run, lab.clips[0], "--timeline", lab.out / "t.png")
    done = lab.call(*words, env={"HOME": "/proc/none", "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": ""})
    require("atplotlib" not in done.stderr and (lab.out / "t.png").exists(), last(done.stderr))
    return "timeline drawn, nothing said of Matplotlib"


def read_only(lab: Lab) -> str:
    """31: a run that cannot be written."""
    pictures = lab.case.parent / "07-keras-json/pictures"
    run = lab.train(pictures)
    for path in (run, *run.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    done = lab.unprivileged("evaluate", pictures, "--run", run, *QUICK, status=None)
    for path in (run, *run.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)
    require("eer" in done.stdout.lower(), f"no figures: {last(done.stderr)}")
    return f"figures, exit status {done.returncode}; {last(done.stderr)}"


def large(lab: Lab) -> str:
    """32: a network that does not fit into memory."""
    pictures = lab.out / "big"
    lab.shell([sys.executable, lab.case / "make.py", 3000, 2000, pictures])
    words = ("train", pictures, "--recipe", "plain", "--epochs", 1, "--to", lab.out / "run")
    done = lab.call(*words, status=2)
    require("weights" in done.stderr and "smaller" in done.stderr, last(done.stderr))
    return last(done.stderr)


def extras(lab: Lab) -> str:
    """34: the packages of a bare installation, the others hidden, from worker processes too."""
    hidden, audio = lab.out / "hidden", lab.out / "audio"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(HIDE)
    for label, clips in (("real", lab.clips[:2]), ("fake", lab.clips[2:4])):
        (audio / label).mkdir(parents=True)
        for clip in clips:
            shutil.copy(clip, audio / label)
    told = []
    for words in (
        ("classify", "score", "scores.txt"),
        ("classify", "train", "X"),
        ("render", audio, "--to", lab.out / "images"),
        ("detect.web.server",),
    ):
        done = lab.shell(
            [sys.executable, "-m", *words],
            status=2,
            env={"PYTHONPATH": os.pathsep.join([str(hidden), str(ROOT)])},
        )
        require("install" in done.stderr, last(done.stderr))
        told.append(last(done.stderr))
    return " / ".join(told)


def capitals(lab: Lab) -> str:
    """35: columns in capitals."""
    for name in ("grp.csv", "src.csv"):
        shutil.copy(lab.case / name, lab.out)
    (lab.out / "wavs").mkdir()
    for number, stem in enumerate(f"{c}{n}" for n in (1, 2, 3, 4) for c in "rf"):
        shutil.copy(lab.clips[number], lab.out / f"wavs/{stem}.wav")
    options = ("--variants", 0, "--to")
    lab.call("render", lab.out / "grp.csv", "--group", "speaker", *options, lab.out / "o")
    lab.call("render", lab.out / "src.csv", *options, lab.out / "p")
    columns = set(rows(lab.out / "p/manifest.csv")[0])
    require("source" in columns and "Source" not in columns, f"columns {sorted(columns)}")
    return "--group speaker taken, source written as source"


def encodings(lab: Lab) -> str:
    """37: a table in cp1252, and Excel's first line `sep=;`."""
    for name in ("latin.csv", "sep.csv"):
        shutil.copy(lab.case / name, lab.out)
    names = re.findall(rb"wavs/[^,;\r\n]+", (lab.out / "latin.csv").read_bytes())
    for number, name in enumerate(names):
        path = lab.out / name.decode("cp1252")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(lab.clips[number % len(lab.clips)], path)
    options = ("--variants", 0, "--to")
    lab.call("render", lab.out / "latin.csv", *options, lab.out / "o")
    lab.call("render", lab.out / "sep.csv", *options, lab.out / "p")
    drawn = [len({r["recording"] for r in rows(lab.out / n / "manifest.csv")}) for n in "op"]
    require(drawn == [len(names), len(names) - 1], f"drawn: {drawn}")
    return f"drawn: {drawn[0]} of cp1252, {drawn[1]} behind sep=;"


def timeline(lab: Lab) -> str:
    """39: a timeline called .jpg, and one name for two pictures."""
    words = ("detect", "--run", lab.run, lab.clips[0])
    one, two = lab.out / "x.jpg", lab.out / "s.png"
    told = [
        last(lab.call(*words, *options, status=2).stderr)
        for options in (("--timeline", one), ("--timeline", two, "--explain", two))
    ]
    require(not one.exists() and not two.exists(), "something was written")
    return " / ".join(told)


def hidden_pictures(lab: Lab) -> str:
    """40: hidden files in folders of pictures."""
    pictures = lab.out / "pictures"
    shutil.copytree(lab.case / "pictures", pictures)
    done = lab.call("audit", pictures, status=None)
    counts = re.findall(r"\b(24|26|8|10)\b", done.stdout)
    require("24" in counts and "26" not in counts, f"counts {counts}")
    require("damaged" not in done.stderr, last(done.stderr))
    run = lab.train(pictures)
    predicted = lab.call("predict", "--run", run, pictures / "test", "--format", "csv").stdout
    require(len(predicted.splitlines()) == 17, f"{len(predicted.splitlines()) - 1} judged")
    return "24 real ones in training, 16 judged in test"


MP3 = {"tts-stream.mp3": 12.43, "two-files-cat.mp3": 19.51}
VBR = {"speech-q4.mp3": 12.04, "speech-q9-stereo.mp3": 12.04, "same-with-xing-ok.mp3": 12.0}
CHAIN = {"tts-stream.opus": 12.17, "chain-v.ogg": 19.43, "chain-3.ogg": 26.83}
CASES: dict[str, Callable[[Lab], str]] = {
    "01": classes,
    "02": lambda lab: lab.lengths(MP3),
    "03": lambda lab: lab.lengths(VBR),
    "04": lambda lab: lab.lengths(CHAIN),
    "05": antiphase,
    "06": own_manifest,
    "07": keras_json,
    "08": shadows,
    "09": trash,
    "10": blank_source,
    "11": spreadsheet,
    "12": tracks,
    "13": size_zero,
    "14": not_utf8,
    "15": locked,
    "16": backend_of_matplotlib,
    "17": matplotlibrc,
    "18": cdpath,
    "19": linked,
    "21": closed,
    "22": keras_backend,
    "23": suffixes,
    "25": broken_pipe,
    "26": truncated,
    "27": stereo_call,
    "29": terminated,
    "30": home,
    "31": read_only,
    "32": large,
    "34": extras,
    "35": capitals,
    "37": encodings,
    "39": timeline,
    "40": hidden_pictures,
}


def main(arguments: list[str] | None = None) -> int:
    """Try every case and print a line for each."""
    parser = argument_parser("cases", __doc__)
    parser.add_argument("cases", type=Path, metavar="CASES")
    parser.add_argument("clips", type=Path, metavar="CLIPS")
    parser.add_argument("--run", type=Path, default=ROOT / "checkpoints/demo")
    parser.add_argument("--only", nargs="+", choices=sorted(CASES), default=sorted(CASES))
    options = parser.parse_args(arguments)
    clips = sorted(path.resolve() for path in options.clips.rglob("*") if path.is_file())[:8]
    wrong = 0
    for number in options.only:
        (folder,) = options.cases.glob(f"{number}-*")
        with tempfile.TemporaryDirectory(prefix="case-") as out:
            lab = Lab(folder.resolve(), Path(out).resolve(), options.run.resolve(), clips)
            try:
                line = f"right  {CASES[number](lab)}"
            except WrongError as error:
                wrong += 1
                line = f"WRONG  {error}"
        print(f"{folder.name:31} {line}".replace(out, "OUT"), flush=True)
    print(f"{len(options.only) - wrong} of {len(options.only)} right")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
