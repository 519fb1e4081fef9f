import numpy as np
import pytest

from render.augmentation.background import Gate, NoiseSuppression, PacketLoss

RATE = 16_000
RNG = np.random.default_rng


def words(background, seed=0):
    """Three bursts of a tone 0.4 s long, 0.6 s apart, over white noise that many dB fainter."""
    time = np.arange(3 * RATE) / RATE
    is_loud = (time % 1 > 0.2) & (time % 1 < 0.6)
    noise = RNG(seed).standard_normal(len(time)) * 0.1 * 10 ** (-background / 20)
    tone = 0.1 * np.sqrt(2) * np.sin(2 * np.pi * 440 * time) * is_loud
    return (tone + noise).astype(np.float32), is_loud


def level(samples):
    return 10 * np.log10((samples.astype(float) ** 2).mean() + 1e-20)


@pytest.mark.parametrize(("depth", "lowered"), [(20, 20), (0, np.inf)])
def test_a_gate_lowers_the_pauses_and_leaves_the_words(depth, lowered):
    samples, is_loud = words(background=40)
    gated = Gate(30, depth)(samples, RATE, RNG())
    np.testing.assert_array_equal(gated[is_loud], samples[is_loud])
    pause = slice(RATE * 75 // 100, RATE * 105 // 100)  # a frame and more from any word
    if lowered == np.inf:
        assert not gated[pause].any()
    else:
        assert level(samples[pause]) - level(gated[pause]) == pytest.approx(lowered, abs=0.1)


def test_a_gate_stays_open_for_what_is_loud_enough():
    samples, _ = words(background=20)
    np.testing.assert_array_equal(Gate(30, 0)(samples, RATE, RNG()), samples)


def test_suppression_lowers_the_background_and_hardly_the_words():
    samples, is_loud = words(background=30)
    cleaned = NoiseSuppression(3, 20)(samples, RATE, RNG())
    assert cleaned.shape == samples.shape
    assert level(samples[is_loud]) - level(cleaned[is_loud]) < 0.5
    pause = slice(RATE * 7 // 10, RATE * 11 // 10)
    assert 10 < level(samples[pause]) - level(cleaned[pause]) < 20.5
    # The floor is the most that it does.
    weak = NoiseSuppression(3, 6)(samples, RATE, RNG())
    assert level(samples[pause]) - level(weak[pause]) < 6.5


def test_lost_packets_are_the_packet_before_ever_fainter():
    samples = RNG(1).standard_normal(60 * RATE).astype(np.float32)
    size = RATE // 50
    packets = PacketLoss(10)(samples, RATE, RNG(2)).reshape(-1, size)
    lost = (packets != samples.reshape(-1, size)).any(axis=1)
    assert 0.06 < lost.mean() < 0.14
    for number in np.flatnonzero(lost):
        np.testing.assert_array_equal(packets[number], 0.5 * packets[number - 1])
    runs = np.diff(np.flatnonzero(np.diff(np.concatenate([[0], lost, [0]]))))[::2]
    assert runs.mean() > 1.5  # in bursts


@pytest.mark.parametrize("step", [Gate(30, 0), NoiseSuppression(2, 20), PacketLoss(15)], ids=str)
@pytest.mark.parametrize("length", [32, 319, 1_000])
def test_short_sounds_and_silence_pass(step, length):
    for samples in (np.zeros(length, np.float32), RNG(0).standard_normal(length).astype("f4")):
        result = step(samples, RATE, RNG())
        assert result.shape == samples.shape
        assert np.isfinite(result).all()
