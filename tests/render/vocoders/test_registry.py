import numpy as np
import pytest

from render.vocoders import registry
from render.vocoders.registry import OURS, choose, vocode

RATE = 8_000
SOURCE = """
import numpy as np

def echo(samples, rate, rng):
    assert rate == 8_000 and samples.dtype == np.float64
    return 0.01 * (samples + 0.1 * rng.standard_normal(len(samples)))

def thief(samples, rate, rng):
    samples[:] = 1
    return rng.standard_normal(len(samples))

def cut(samples, rate, rng):
    return samples[:-1]

def whole(samples, rate, rng):
    return np.ones(len(samples), int)

def stereo(samples, rate, rng):
    return np.stack([samples, samples])

def nothing(samples, rate, rng):
    return None

def broken(samples, rate, rng):
    return np.full(len(samples), np.nan)

def mute(samples, rate, rng):
    return np.zeros(len(samples))

def huge(samples, rate, rng):
    return 1e200 * samples

def crash(samples, rate, rng):
    raise RuntimeError("out of memory\\non the device")

number = 3
"""
NAMES = "echo thief cut whole stereo nothing broken mute huge crash number".split()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Somebody else's installed package with vocoders."""
    (tmp_path / "theirs.py").write_text(SOURCE)
    about = tmp_path / "theirs-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    points = [f"{name} = theirs:{name}" for name in NAMES]
    points += ["gone = theirs:gone", "away = elsewhere:away", "a b = theirs:echo"]
    points += ["world = theirs:mute"]
    (about / "entry_points.txt").write_text("\n".join(["[spoofsight.vocoders]", *points]))
    monkeypatch.syspath_prepend(tmp_path)


@pytest.fixture
def tone():
    return 0.1 * np.sin(2 * np.pi * 200 * np.arange(RATE) / RATE)


def copied(name, samples, seed=0):
    return vocode(name, samples, RATE, np.random.default_rng(seed))


NETWORKS = {name for name in OURS if registry.vocoder_type(name) == "neural"}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] if n in NETWORKS else []) for n in OURS]
)
def test_all_of_ours_copy_a_sound_at_its_level(name, tone):
    noise = 0.01 * np.random.default_rng(0).standard_normal(RATE)
    copy = copied(name, tone + noise)
    assert copy.shape == tone.shape
    assert np.mean(copy**2) == pytest.approx(np.mean((tone + noise) ** 2))
    assert abs(np.corrcoef(copy, tone + noise)[0, 1]) < 0.999


def test_another_package_offers_a_vocoder(package, tone):
    assert choose(["echo", "world"]) == ("echo", "world")
    copy = copied("echo", tone)
    assert np.mean(copy**2) == pytest.approx(np.mean(tone**2))  # it gives 1 % of the level
    assert copy.tobytes() == copied("echo", tone).tobytes()
    assert copy.tobytes() != copied("echo", tone, seed=1).tobytes()


def test_a_vocoder_cannot_change_the_original(package, tone):
    before = tone.copy()
    copied("thief", tone)
    assert np.array_equal(tone, before)


def test_a_name_of_ours_stays_ours(package, tone):
    assert copied("world", tone).any()


def test_a_huge_copy_is_brought_to_the_level(package, tone):
    assert copied("huge", tone) == pytest.approx(tone)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cut", r"expected 8000 mono float samples from the vocoder cut, got .* \(7999,\)"),
        ("whole", "expected 8000 mono float samples from the vocoder whole, got int64"),
        ("stereo", r"from the vocoder stereo, got float64 of shape \(2, 8000\)"),
        ("nothing", "from the vocoder nothing, got object"),
        ("broken", "expected finite samples from the vocoder broken, got NaN or infinity"),
        ("mute", "expected sound from the vocoder mute, got silence"),
        ("crash", "from the vocoder crash, got RuntimeError out of memory on the device$"),
    ],
)
def test_what_a_vocoder_does_wrong_is_named_in_one_line(package, tone, name, message):
    with pytest.raises(ValueError, match=message):
        copied(name, tone)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone", "expected a vocoder gone that can be loaded, got AttributeError"),
        ("away", "expected a vocoder away that can be loaded, got ModuleNotFoundError"),
        ("number", "expected a vocoder number that can be called, got 3"),
        ("a b", "expected a vocoder's name of letters, digits, - and _, got 'a b'"),
        ("melgan", "expected a method among griffin_lim, .*, away, .*, got melgan"),
    ],
)
def test_what_is_no_vocoder_is_refused(package, name, message):
    with pytest.raises(ValueError, match=message):
        choose(["world", name])


def test_no_method_is_refused():
    with pytest.raises(ValueError, match="expected a method, got none"):
        choose([])


def test_every_module_of_ours_is_one_of_render():
    assert set(registry.MODULES.values()) == {
        "render.vocoders.classic",
        "render.vocoders.world",
        "render.vocoders.hifigan",
    }
