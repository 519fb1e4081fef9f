"""Peers are trained on one split, calibrated on another, judged on a third, and never twice."""

import contextlib
import csv
import datetime
import io
import re
from types import SimpleNamespace

import cv2
import joblib
import numpy as np
import pytest
import soundfile

RATE = 16_000
QUICK = ("--seeds", "2", "--components", "2", "--trees", "20")
BASELINES = ("lfcc-gmm", "forest")


@pytest.fixture(scope="module", autouse=True)
def _within():
    """Work in threads: processes would take longer to start."""
    with joblib.parallel_config("threading"):
        yield


def write_audio(folder, splits=("training", "validation", "testing"), labels=("real", "fake")):
    """Noise of two sources; that of the fakes is darker, in source b hardly."""
    rows = []
    for split in splits:
        for label in labels:
            for number in range(18):
                rng = np.random.default_rng([number, len(split), len(label)])
                source = "aab"[number % 3]
                share = {"a": 0.06, "b": 0.02}[source] if label == "fake" else 0
                noise = rng.standard_normal(RATE // 2 + 1)
                path = folder / split / label / f"{source}{number:02d}.wav"
                path.parent.mkdir(parents=True, exist_ok=True)
                soundfile.write(path, 0.05 * (noise[1:] + share * noise[:-1]), RATE)
                name = path.relative_to(folder).as_posix()
                rows.append((name, split, label, source, f"{source}{number // 4}"))
    with (folder / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("path", "split", "label", "source", "speaker"), *rows])
    return folder


def bench(*arguments):
    """Run the benchmark; its status and what it printed and told."""
    from benchmarks.peers import __main__ as peers

    printed, told = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(told):
        status = peers.main([str(one) for one in arguments])
    return SimpleNamespace(status=status, stdout=printed.getvalue(), stderr=told.getvalue())


@pytest.fixture(scope="module")
def audio(tmp_path_factory):
    folder = write_audio(tmp_path_factory.mktemp("peers") / "audio")
    (folder / "training" / "real" / "a00.wav").write_bytes(b"no sound")
    return folder


@pytest.fixture(scope="module")
def first(audio, tmp_path_factory):
    """Give the folder and the process of a first call, nothing of it to be changed."""
    out = tmp_path_factory.mktemp("peers") / "out"
    done = bench(audio, out, "--only", *BASELINES, *QUICK)
    assert done.status == 0, done.stderr
    return out, done


def cells(text):
    """Rows of a table, by the first cell."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in rows}


def number(cell):
    return float(cell.split()[0])


@pytest.mark.slow
def test_the_table_says_how_it_came_about_and_has_a_row_a_peer(first, audio):
    out, done = first
    assert done.stdout == (out / "peers.md").read_text()
    said = " ".join(done.stdout.split())
    assert f"`./run.sh bench peers {audio} {out} --only lfcc-gmm forest --seeds 2" in said
    assert f"seeds 0, 1, {datetime.date.today()} 18 real and 18 fake recordings." in said
    table = cells(done.stdout)
    assert list(table)[2:] == [*BASELINES]
    for peer in BASELINES:
        eer, less, by_source, less_by_source, accuracy, seconds = table[peer]
        for cell in (eer, by_source):
            value, low, high = map(float, re.fullmatch(r"(\S+) \[(\S+), (\S+)\]", cell).groups())
            assert 0 <= low <= value <= high <= 1
        assert less == less_by_source == ""  # there is no robust to hold them against
        assert 0.5 <= float(accuracy) <= 1
        assert re.fullmatch(r"\d+ s", seconds)


def test_figures_are_those_of_evaluate_and_of_the_score_command(first, audio):
    from classify.data import manifest
    from classify.evaluation.score_file import score
    from classify.metrics.breakdown import breakdown, mean_over
    from classify.metrics.trials import Trials
    from classify.scorefiles.files import read_scores

    out, done = first
    with (audio / "manifest.csv").open(newline="") as file:
        known = {row["path"]: row for row in csv.DictReader(file)}
    different = []
    for peer in BASELINES:
        pooled, by_source, right = [], [], []
        for seed in range(2):
            path = out / "scores" / "test" / f"{peer}-{seed}.csv"
            read, told = read_scores(path), score(path, resamples=0)
            columns = manifest.table(known, read.names)
            scored = Trials(read.names, read.labels, read.llr, columns)
            parts = breakdown(scored, "source", scored.names, 0.5, 0)
            pooled.append(told.metrics["eer"])
            right.append(told.metrics["accuracy"])
            by_source.append(mean_over(parts)["eer"])
        row = cells(done.stdout)[peer]
        means = [np.mean(pooled), np.mean(by_source), np.mean(right)]
        assert [number(row[at]) for at in (0, 2, 4)] == pytest.approx(means, abs=5e-4)
        different.append(len({*np.round(means, 3)}))
    assert max(different) == 3  # else one could stand for another


def test_a_recording_that_cannot_be_used_is_named_and_left_out(first):
    assert re.search(r"^peers: training/real/a00.wav: expected ", first[1].stderr, re.MULTILINE)


def test_programs_get_a_line_a_figure_and_people_a_plot(first):
    out, done = first
    with (out / "peers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["peer"], row["metric"]) for row in rows] == [
        (peer, figure) for peer in BASELINES for figure in ("EER", "by source")
    ]
    shown = [number(cells(done.stdout)[peer][at]) for peer in BASELINES for at in (0, 2)]
    assert [float(row["value"]) for row in rows] == pytest.approx(shown, abs=5e-4)
    assert all(row["low"] < row["high"] and row["difference"] == "" for row in rows)
    assert cv2.imread(str(out / "peers.png")).std() > 5


@pytest.mark.slow
def test_what_is_scored_is_not_done_again(first, audio):
    out = first[0]
    gone, stays = (out / f"scores/test/{name}.csv" for name in ("forest-1", "lfcc-gmm-0"))
    before, kept = gone.read_bytes(), stays.stat().st_mtime_ns
    gone.unlink()
    done = bench(audio, out, "--only", *BASELINES, *QUICK)
    assert gone.read_bytes() == before
    assert stays.stat().st_mtime_ns == kept
    fitted = re.findall(r"^peers: (\S+-\d)$", done.stderr, re.MULTILINE)
    assert fitted == ["forest-1"]
    assert cells(done.stdout)["lfcc-gmm"] == cells(first[1].stdout)["lfcc-gmm"]


@pytest.mark.slow
def test_nothing_is_chosen_on_what_is_judged(first, tmp_path):
    """With the classes of the testing split the other way round, each sound is scored alike."""
    turned = write_audio(tmp_path / "audio")
    (turned / "training" / "real" / "a00.wav").write_bytes(b"no sound")
    aside, real, fake = (turned / "testing" / name for name in ("aside", "real", "fake"))
    real.rename(aside)
    fake.rename(real)
    aside.rename(fake)
    done = bench(turned, tmp_path / "out", "--only", "lfcc-gmm", *QUICK[2:], "--seeds", "1")
    assert done.status == 0, done.stderr
    before, after = (scored(out, "test") for out in (first[0], tmp_path / "out"))
    assert {other(name): llr for name, llr in after.items()} == pytest.approx(before)


@pytest.mark.slow
def test_scores_are_calibrated_on_validation(audio, tmp_path):
    from classify.metrics.calibration import fit

    options = ("--only", "lfcc-gmm", *QUICK[2:], "--seeds", "1", "--split", "validation")
    assert bench(audio, tmp_path, *options).status == 0
    found = scored(tmp_path, "validation")
    again = fit(np.array([int("fake" in name) for name in found]), np.array([*found.values()]))
    assert (again.slope, again.offset) == pytest.approx((1, 0), abs=1e-2)


def scored(out, split):
    from classify.scorefiles.files import read_scores

    read = read_scores(out / "scores" / split / "lfcc-gmm-0.csv")
    return dict(zip(read.names.tolist(), read.llr.tolist(), strict=True))


def other(name):
    split, label, rest = name.split("/")
    return f"{split}/{'real' if label == 'fake' else 'fake'}/{rest}"


@pytest.mark.slow
def test_networks_are_drawn_trained_and_scored_by_this_projects_commands(
    audio, tmp_path, monkeypatch
):
    from benchmarks.ablation.factors import AUGMENTATIONS
    from benchmarks.peers import __main__ as peers
    from classify import arguments as classify
    from classify.settings import Settings, recipe
    from render import arguments as render
    from render.settings import Settings as Drawing

    verbs, drawn, trained, judged = [], {}, {}, []
    parsers = {"classify": classify.parser, "render": render.parser}

    def call(module, *told):
        found = vars(parsers[module]().parse_args([str(one) for one in told]))
        verbs.append(found.get("verb", module))
        if module == "render":
            known = {name: found[name] for name in vars(Drawing()) if name in found}
            peer = found["to"].name
            drawn[peer] = Drawing(**known)
            assert found["audio"] == audio
        elif found["verb"] == "train":
            known = {name: found[name] for name in vars(Settings()) if name in found}
            run = found["folder"].relative_to(tmp_path / "runs").as_posix()
            trained[run] = Settings(**{**recipe(found["recipe"]), **known}), found["seeds"]
        else:
            assert found["split"] == "validation"
            judged.append(found["folder"])
            write_scores(found["scores"], audio, "validation", share=0.8)

    monkeypatch.setattr(peers, "_call", call)
    networks = ("robust", "plain", "lfcc-lcnn", "mfcc-lstm")
    done = bench(audio, tmp_path, "--only", *networks, "--split", "validation", *QUICK)
    assert done.status == 0, done.stderr
    of_seeds = ["render", "train", "evaluate", "train", "evaluate"]
    together = ["render", "train", "evaluate"]
    assert verbs == [*of_seeds, *together, *3 * of_seeds]
    assert {name: (how.feature, how.shape) for name, how in drawn.items()} == {
        "robust": (Drawing().feature, Drawing().shape),
        "plain": ("mel", (128, 124)),
        "lfcc-lcnn": ("lfcc", (60, 124)),
        "mfcc-lstm": ("stack", (152, 124)),
    }
    assert trained.pop("robust") == (Settings(**recipe("robust")), 2)
    for seed in range(2):
        own = {name: trained[f"{name}/seed-{seed}"][0] for name in networks}
        assert own["robust"] == Settings(**recipe("robust"), seed=seed)
        assert own["plain"] == Settings(**recipe("plain"), seed=seed)
        assert (own["lfcc-lcnn"].model, own["mfcc-lstm"].model) == ("lcnn", "lstm")
        for name in networks[2:]:
            assert not any(getattr(own[name], effect) for effect in AUGMENTATIONS)
    assert [*cells(done.stdout)][2:] == ["robust", "robust, 2 together", *networks[1:]]
    # A finished run in place of robust is only judged, and once.
    verbs.clear()
    for _ in range(2):
        finished = ("--run", tmp_path / "finished", "--only", "robust", "--split", "validation")
        done = bench(audio, tmp_path / "again", *finished, *QUICK)
        assert [*cells(done.stdout)][2:] == ["robust"]
    assert verbs == ["render", "evaluate"]
    assert judged[-1] == tmp_path / "finished"
    done = bench(audio, tmp_path / "again", "--only", "robust", *QUICK)
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"peers: expected to go on in {tmp_path / 'again'} with run /")


def write_scores(path, audio, split, share, seed=0):
    """Scores with noise, of which `share` are told apart; below 0, the wrong way round."""
    from classify.scorefiles import files as score_files

    rng = np.random.default_rng(seed)
    with (audio / "manifest.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split]
    labels = np.array([row["label"] == "fake" for row in rows], dtype=int)
    told = np.sign(share) * (rng.random(len(rows)) < abs(share))
    llr = 8 * told * (1 - 2 * labels) + rng.standard_normal(len(rows))
    path.parent.mkdir(parents=True, exist_ok=True)
    score_files.write_scores(path, np.array([row["path"] for row in rows]), labels, llr)


@pytest.mark.slow
@pytest.mark.parametrize(("share", "verdict"), [(-1.0, "met"), (0.5, "MISSED")])
def test_peers_are_held_against_robust_and_its_ensemble(audio, tmp_path, share, verdict):
    names = ("robust-0", "robust-1", "plain-0", "plain-1", "robust-2-together")
    for seed, (name, good) in enumerate(zip(names, (0.5, 0.5, share, share, 1.0), strict=True)):
        write_scores(tmp_path / f"scores/test/{name}.csv", audio, "testing", good, seed)
    done = bench(audio, tmp_path, "--only", "plain", "robust", "--seeds", "2")
    table = cells(done.stdout)
    assert [*table][2:] == ["robust", "robust, 2 together", "plain"]  # whatever was asked for first
    for at in (0, 2):
        difference = number(table["plain"][at]) - number(table["robust"][at])
        assert number(table["plain"][at + 1]) == pytest.approx(difference, abs=2e-3)
        assert table["robust"][at + 1] == ""
        assert number(table["robust, 2 together"][at + 1]) < 0
    ahead = f"\nrobust ahead of every peer in both figures, no interval with 0: {verdict}\n"
    missed = "- not of plain (EER and by source)\n" if verdict == "MISSED" else ""
    assert done.stdout.endswith(ahead + missed)
    assert not (tmp_path / "runs").exists()
    assert not (tmp_path / "images").exists()


@pytest.mark.slow
def test_only_what_all_could_score_is_judged(audio, tmp_path):
    from benchmarks.peers.report import align, read

    for name in ("robust-0", "plain-0"):
        write_scores(tmp_path / f"scores/test/{name}.csv", audio, "testing", 0.7)
    path = tmp_path / "scores/test/plain-0.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[0], *lines[:0:-1][:-3]]))  # backwards, without the first three
    done = bench(audio, tmp_path, "--only", "plain", "robust", "--seeds", "1")
    assert "15 real and 18 fake recordings." in done.stdout
    assert done.stderr.splitlines()[-1] == "peers: left out 3 recordings that not all could score"
    files = sorted(tmp_path.glob("scores/test/*.csv"))
    plain, robust = (own[0] for own in align({one.stem: [read(one, {})] for one in files}).values())
    assert plain.trials.names.tolist() == robust.trials.names.tolist()
    assert plain.trials.llr.tolist() == robust.trials.llr.tolist()
    for at in (1, 3):  # both systems say the same of every recording
        assert cells(done.stdout)["plain"][at] == "+0.000 [+0.000, +0.000]"


def test_what_cannot_be_done_is_said_in_one_line(first, audio, tmp_path):
    out, broken = tmp_path / "out", tmp_path / "broken"
    real = write_audio(tmp_path / "real", labels=("real",))
    (broken / "scores" / "test").mkdir(parents=True)
    (broken / "scores" / "test" / "forest-0.csv").write_text("nothing\n")
    for name, label in (("plain", "real"), ("robust", "fake")):
        lines = ["path,truth,llr", *(f"{label}{at}.wav,{label},{at}" for at in range(3))]
        (broken / "scores" / "test" / f"{name}-0.csv").write_text("\n".join(lines))
    cases = {
        "expected 1 seed or more, got 0": (audio, out, "--seeds", "0"),
        "expected a folder of recordings": (tmp_path / "none", out),
        "expected fake recordings for train": (real, out),
        "expected a folder outside of": (audio, audio / "out"),
        "expected to go on in": (audio, first[0], *QUICK, "--trees", "21"),
        "expected scores in": (audio, broken, "--only", "forest", "--seeds", "1"),
        "expected real and fake recordings that all peers could score, got 0 real and 0 fake": (
            *(audio, broken, "--only", "plain", "robust", "--seeds", "1"),
        ),
        "expected 5000 frames or more of real recordings, one a Gaussian, got ": (
            *(audio, out, "--only", "lfcc-gmm", "--components", "5000"),
        ),
    }
    for message, arguments in cases.items():
        done = bench(*arguments)
        assert done.status == 2
        last = done.stderr.splitlines()[-1]
        assert last.startswith(f"peers: {message}"), last


@pytest.mark.slow
def test_a_command_that_fails_ends_the_benchmark(tmp_path, capfd):
    from benchmarks.peers import __main__ as peers

    with pytest.raises(ValueError, match=r"^expected render \S+ to do its work, got exit status 2"):
        peers._call("render", tmp_path / "none")
    assert capfd.readouterr().err


def test_two_tones_have_the_statistics_they_should(tmp_path):
    from benchmarks.peers.baselines import STATISTICS, statistics

    assert len({*STATISTICS}) == 18
    path = tmp_path / "tones.wav"
    turn = 2 * np.pi * 1_000 * np.arange(RATE) / RATE
    tones = 0.1 * np.sin(turn) + 0.05 * np.sin(3 * turn)
    soundfile.write(path, tones, RATE, subtype="FLOAT")
    found = dict(zip(STATISTICS, statistics(path), strict=True))
    mean_square = (0.1**2 + 0.05**2) / 2
    assert found["mean of level"] == pytest.approx(10 * np.log10(mean_square), abs=0.3)
    assert found["mean of zero crossings"] == pytest.approx(2_000 / RATE, rel=0.03)
    assert found["mean of centroid"] == pytest.approx((2 * 1_000 + 3_000) / 3, rel=0.03)
    assert found["mean of roll-off"] == pytest.approx(3_000, abs=2 * RATE / 512)
    assert found["mean of low roll-off"] == pytest.approx(1_000, abs=2 * RATE / 512)
    assert found["mean of flatness"] < 0.01
    assert found["deviation of zero crossings"] < 0.02


def test_cepstra_are_of_all_frames_and_know_no_loudness(tmp_path, write_sound):
    from benchmarks.peers.baselines import cepstra

    loud, quiet = write_sound(tmp_path / "loud.wav", 3.3), tmp_path / "quiet.wav"
    soundfile.write(quiet, 0.1 * soundfile.read(loud)[0], RATE, subtype="FLOAT")
    frames = cepstra(loud)
    assert frames.shape == (1 + (int(3.3 * RATE) - 512) // 256, 60)
    assert np.abs(cepstra(quiet) - frames).max() < 0.5
    # The mean level of noise at -20 dB over 80 bands, and changes around 0.
    assert abs(frames[:, 20:].mean(axis=0)).max() < 0.3 < frames[:, 0].std()


def test_mixtures_and_forests_tell_classes_apart_and_say_the_same_again(monkeypatch):
    from benchmarks.peers import baselines

    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    frames = [rng.standard_normal((50, 3)) + 2 * label for label in labels]
    monkeypatch.setattr(baselines, "FRAMES", 500)
    means = [one.mean(axis=0) for one in frames]
    for features, fit in ((frames, baselines.mixtures), (means, baselines.forest)):
        scored = fit(features[:30], labels[:30], 3, 4)(features[30:])
        assert (scored[labels[30:] == 0] > 0).all()
        assert (scored[labels[30:] == 1] < 0).all()
        assert np.array_equal(fit(features[:30], labels[:30], 3, 4)(features[30:]), scored)
    # All four trees agree, and are taken for no surer than half a tree of them.
    assert np.abs(scored).max() == pytest.approx(np.log(3.5 / 0.5))
