import av
import numpy as np
import pytest
import soundfile
from scipy.signal import fftconvolve

from render.decoding.audio import scan_audio
from render.decoding.channels import ChannelMeter
from render.demo.formant_synthesis import RATE, speaker, utterance


@pytest.fixture(scope="module")
def voices():
    """Two speakers, 10 s each at 16 kHz; they pause at different times."""

    def speech(seed):
        voice, rng = speaker(seed), np.random.default_rng(seed)
        return np.concatenate([utterance(voice, rng) for _ in range(5)])[: 10 * RATE]

    return speech(1), speech(2)


def measured(*channels, block=1 << 18):
    meter, sound = ChannelMeter(), np.stack(channels, axis=1).astype(np.float32)
    for start in range(0, len(sound), block):
        meter.add(sound[start : start + block], RATE)
    return meter.envelopes()


def noise(like, level, seed=0):
    return level * np.random.default_rng(seed).standard_normal(len(like))


def late(sound, seconds):
    return np.concatenate([np.zeros(round(seconds * RATE)), sound])[: len(sound)]


def encode(path, codec, container, samples, bit_rate):
    """Write stereo sound at 48 kHz through FFmpeg."""
    samples = np.repeat(samples, 3, axis=0).astype(np.float32)  # from 16 kHz; images do not matter
    with av.open(str(path), "w", format=container) as file:
        stream = file.add_stream(codec, rate=48_000, layout="stereo")
        stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples.T), format="fltp", layout="stereo"
        )
        frame.rate = 48_000
        resampler = av.AudioResampler(format=stream.format, layout="stereo", rate=48_000)
        for piece in resampler.resample(frame):
            for packet in stream.encode(piece):
                file.mux(packet)
        for packet in stream.encode(None):
            file.mux(packet)
    return path


def db(ratio):
    return 20 * np.log10(ratio)


def rms(samples):
    return np.sqrt(np.mean(np.square(samples)))


@pytest.mark.parametrize("right", [-1.0, -0.999, -0.98, -0.85, -1.17])
def test_opposite_channels_cancel_and_the_louder_one_is_taken(voices, right):
    # The mix of s and -0.85 s is 0.075 s: -22.5 dB. Channels within 1 dB count as equally loud.
    assert measured(voices[0], right * voices[0]).cancelled() == (1 if right == -1.17 else 0)


@pytest.mark.parametrize("right", [1.0, 0.0, 0.3, -0.3, -0.75])
def test_other_channels_do_not_cancel(voices, right):
    # The mix of s and -0.75 s is 0.125 s: -18 dB, not 20. With a silent channel it is -6 dB.
    assert measured(voices[0], right * voices[0]).cancelled() is None


def test_neither_hum_nor_an_offset_nor_noise_hides_that_speech_cancels(voices):
    speech = voices[0]
    hum = 0.05 * np.sin(2 * np.pi * 50 * np.arange(len(speech)) / RATE)
    assert measured(speech + hum + 0.3, -speech + hum + 0.3).cancelled() == 0
    assert measured(speech, -speech + noise(speech, 1e-3)).cancelled() == 0


def test_channels_that_cancel_for_a_part_of_the_recording_cancel(voices):
    turned = np.where(np.arange(len(voices[0])) > 7 * RATE, -1, 1)
    assert measured(voices[0], turned * voices[0]).cancelled() == 0


def test_spaced_microphones_and_reverberation_do_not_cancel(voices):
    for seconds in (0.0005, 0.001, 0.003):  # opposite at 1000 Hz, 500 Hz and 167 Hz
        assert measured(voices[0], late(voices[0], seconds)).cancelled() is None
    tails = [
        noise(np.zeros(RATE // 2), 0.03, seed) * 0.999 ** np.arange(RATE // 2) for seed in (1, 2)
    ]
    assert measured(*(fftconvolve(voices[0], tail) for tail in tails)).cancelled() is None


def test_many_channels_of_which_one_sounds_do_not_cancel(voices):
    # Their mix is 24 dB under it, as 16 are averaged.
    silent = np.zeros(len(voices[0]))
    assert measured(voices[0], *[silent] * 15).cancelled() is None
    assert measured(silent, voices[0], silent, -voices[0]).cancelled() == 1


def test_silence_and_a_single_channel_do_not_cancel(voices):
    silent = np.zeros(RATE)
    assert measured(silent, silent).cancelled() is None
    assert measured(voices[0]).cancelled() is None
    assert measured(voices[0]).unlike() is None


def test_the_size_of_blocks_hardly_matters(voices):
    long, short = (measured(*voices, block=block) for block in (1 << 18, 10_000))
    np.testing.assert_allclose(short.energy.sum(axis=0), long.energy.sum(axis=0), rtol=0.05)


@pytest.mark.parametrize(
    ("suffix", "how"),
    [
        ("wav", {"subtype": "PCM_16"}),
        ("wav", {"subtype": "PCM_U8"}),
        ("wav", {"subtype": "ULAW"}),
        ("mp3", {}),
        ("ogg", {"subtype": "VORBIS", "compression_level": 0.9}),
        ("ogg", {"subtype": "OPUS"}),
    ],
)
def test_opposite_channels_in_formats_of_libsndfile(tmp_path, voices, suffix, how):
    path = tmp_path / f"x.{suffix}"
    soundfile.write(path, np.stack([voices[0], -voices[0]], axis=1), RATE, **how)
    check_opposite(path, voices[0])


@pytest.mark.parametrize(
    ("codec", "container", "bit_rate"),
    [("aac", "mp4", 48_000), ("ac3", "ac3", 96_000), ("wmav2", "asf", 48_000)],
)
def test_opposite_channels_in_formats_of_ffmpeg(tmp_path, voices, codec, container, bit_rate):
    sound = np.stack([voices[0], -voices[0]], axis=1)
    check_opposite(encode(tmp_path / "x", codec, container, sound, bit_rate), voices[0])


def check_opposite(path, speech):
    audio = scan_audio(path, RATE)
    samples = np.concatenate(list(audio.blocks()))
    assert audio.source_file.channel in "12"
    assert "channels cancel each other" in audio.source_file.warnings[-1]
    assert db(rms(samples) / rms(speech)) == pytest.approx(0, abs=1.5)


def test_a_channel_is_read_again_if_the_recording_is_long(tmp_path, voices, monkeypatch):
    path = tmp_path / "x.wav"
    sound = np.stack([0.5 * voices[0], -0.6 * voices[0]], axis=1)
    soundfile.write(path, sound, RATE, subtype="FLOAT")
    monkeypatch.setattr("render.decoding.audio._CACHED", 50_000)
    audio = scan_audio(path, RATE)
    assert audio.cached is None
    assert audio.source_file.channel == "2"
    for _ in range(2):
        np.testing.assert_array_equal(
            np.concatenate(list(audio.blocks())), sound[:, 1].astype(np.float32)
        )


def test_a_channel_is_read_where_it_is_asked_for(tmp_path, voices):
    path = tmp_path / "x.wav"
    sound = np.stack([*voices, 0.1 * voices[0]], axis=1)
    soundfile.write(path, sound, RATE, subtype="FLOAT")
    for channel in ("1", "2", "3"):
        audio = scan_audio(path, RATE, channel=channel)
        assert (audio.source_file.channel, audio.source_file.warnings) == (channel, ())
        np.testing.assert_array_equal(
            np.concatenate(list(audio.blocks())), sound[:, int(channel) - 1].astype(np.float32)
        )
    with pytest.raises(ValueError, match="expected a channel of 1 to 3, got 4"):
        scan_audio(path, RATE, channel="4")


def test_the_channels_of_a_large_array_are_not_compared(voices):
    few, many = (measured(*[voices[0], -voices[0]] * count) for count in (16, 17))
    assert (few.cancelled(), many.cancelled()) == (0, None)
