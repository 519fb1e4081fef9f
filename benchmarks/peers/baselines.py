"""Baselines without pictures, as they are often published: Gaussian mixtures, and a forest.

Both take the sound that `render` would draw, and refuse what `render` refuses. Labels are 1 for
fake. A score is ln p(real) - ln p(fake), not yet calibrated: higher is more bona fide.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from tqdm import tqdm

from render.clips import Clips, split_into_clips
from render.decoding.audio import scan_audio
from render.recording import Recording
from render.settings import Settings
from render.spectra import filterbank, grey, stft
from render.spectra.cepstrum import coefficients, deltas

DRAWING = Settings(feature="lfcc")  # 20 coefficients of 80 bands, frames of 32 ms every 16 ms
FRAMES = 100_000  # of a class that its mixture is fitted to, drawn at random from all
# Added to every variance, in dB²: a tenth of a dB as deviation. Frames of digital silence, all the
# same, would else have a Gaussian of no width for themselves.
NARROWEST = 1e-2

MEASURES = (
    "level",  # RMS, in dB
    "zero crossings",  # a sample
    "centroid",  # in Hz, as all down to the low roll-off
    "bandwidth",
    "roll-off",  # under it lie 85 % of the spectrum
    "low roll-off",  # and under this 25 %
    "flatness",
    "contrast",  # of peaks and valleys, in dB, the mean over octaves
    "flux",  # rise of the level from frame to frame, in dB
)
STATISTICS = tuple(f"{moment} of {name}" for moment in ("mean", "deviation") for name in MEASURES)

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture

Scorer = Callable[[Sequence[np.ndarray]], np.ndarray]


class Baseline(NamedTuple):
    """A detector in two steps.

    Attributes
    ----------
    features : callable
        From a file to an array that `fit` understands.
    fit : callable
        From the features and labels of training recordings, a seed and a size to a function that
        scores the features of others.
    """

    features: Callable[[Path], np.ndarray]
    fit: Callable[[Sequence[np.ndarray], np.ndarray, int, int], Scorer]


class Part(NamedTuple):
    """The recordings of one split."""

    names: list[str]
    features: list[np.ndarray]
    labels: np.ndarray


def gather(
    features: Callable[[Path], np.ndarray], recordings: Sequence[Recording]
) -> dict[str, Part]:
    """Find the features of recordings, one a core at a time.

    Parameters
    ----------
    features : callable
    recordings : sequence of Recording

    Returns
    -------
    parts : dict of str to Part
        By split; a recording that cannot be used is named on standard error and left out.

    Raises
    ------
    ValueError
        If no recording of a class is left in a split.
    """
    tasks = (delayed(_try)(features, recording.path) for recording in recordings)
    results = Parallel(n_jobs=-1, return_as="generator")(tasks)
    bar = tqdm(results, "features", len(recordings), unit="recording", disable=None)
    used: dict[str, list[tuple[Recording, np.ndarray]]] = {item.split: [] for item in recordings}
    for recording, result in zip(recordings, bar, strict=True):
        if isinstance(result, str):
            tqdm.write(f"peers: {recording.name}: {result}", file=sys.stderr)
        else:
            used[recording.split].append((recording, result))
    return {split: _part(split, pairs) for split, pairs in used.items()}


def _part(split: str, pairs: Sequence[tuple[Recording, np.ndarray]]) -> Part:
    labels = np.array([recording.label == "fake" for recording, _ in pairs], dtype=int)
    if len(np.unique(labels)) < 2:
        raise ValueError(f"expected real and fake recordings to use in {split}, got one class")
    return Part([recording.name for recording, _ in pairs], [each for _, each in pairs], labels)


def _try(features: Callable[[Path], np.ndarray], path: Path) -> np.ndarray | str:
    try:
        return features(path)
    except (OSError, ValueError) as error:
        return str(error)


def cepstra(path: Path) -> np.ndarray:
    """Linear-frequency cepstral coefficients, deltas and delta-deltas of a whole recording.

    It is trimmed and brought to one level before, as `render` does.

    Returns
    -------
    frames : np.ndarray, shape=(n, 60), dtype=float32
        In dB, see `render.spectra.cepstrum`.

    Raises
    ------
    ValueError
        If the recording cannot be read, is silent or too short.
    """
    clips = _clips(path)
    whole = replace(DRAWING, seconds=(clips.end - clips.start) / DRAWING.rate)
    (clip,) = replace(clips, settings=whole)
    level = grey.level(filterbank.linear(whole) @ stft.power(clip.samples, whole), whole)
    static = coefficients(level, whole.coefficients)
    return np.concatenate([static, deltas(static, 1), deltas(static, 2)]).T.astype(np.float32)


def mixtures(
    features: Sequence[np.ndarray], labels: np.ndarray, seed: int, components: int
) -> Scorer:
    """Fit a mixture of Gaussians with diagonal covariances to the frames of each class.

    A recording's score is the mean log-likelihood ratio of its frames, as in the LFCC-GMM baseline
    of the ASVspoof challenges.

    Parameters
    ----------
    features : sequence of np.ndarray, shape=(n, 60)
    labels : np.ndarray, shape=(len(features),), dtype=int
        Both classes.
    seed : int
    components : int
        Gaussians of a class.

    Returns
    -------
    score : callable

    Raises
    ------
    ValueError
        If a class has fewer frames than Gaussians.
    """
    rng = np.random.default_rng(seed)
    frames = []
    for label, name in enumerate(("real", "fake")):
        of_class = [clip for clip, truth in zip(features, labels, strict=True) if truth == label]
        frames.append(rng.permutation(np.concatenate(of_class))[:FRAMES])
        if len(frames[-1]) < components:
            raise ValueError(
                f"expected {components} frames or more of {name} recordings, one a Gaussian, got "
                f"{len(frames[-1])}"
            )
    # A process each: on cores that have other work, the threads of one would wait for each other.
    real, fake = Parallel(n_jobs=2)(delayed(_mixture)(each, seed, components) for each in frames)
    return lambda recordings: np.array(
        [real.score(frames) - fake.score(frames) for frames in recordings]
    )


def _mixture(frames: np.ndarray, seed: int, components: int) -> "GaussianMixture":
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(
        components, covariance_type="diag", reg_covar=NARROWEST, random_state=seed
    )
    return model.fit(frames)


def statistics(path: Path) -> np.ndarray:
    """Take the `STATISTICS` of a recording as it is, with its level and its pauses.

    Returns
    -------
    values : np.ndarray, shape=(18,)

    Raises
    ------
    ValueError
        As `cepstra`.
    """
    from librosa import amplitude_to_db, feature, onset, stft

    sound = _clips(path).audio
    samples, rate = np.concatenate(list(sound.blocks())), sound.rate
    frame, hop = DRAWING.window, DRAWING.hop
    spectrum = np.abs(stft(samples, n_fft=frame, hop_length=hop))
    level = feature.rms(y=samples, frame_length=frame, hop_length=hop)
    measures = (
        amplitude_to_db(level, top_db=None),
        feature.zero_crossing_rate(samples, frame_length=frame, hop_length=hop),
        feature.spectral_centroid(S=spectrum, sr=rate),
        feature.spectral_bandwidth(S=spectrum, sr=rate),
        feature.spectral_rolloff(S=spectrum, sr=rate, roll_percent=0.85),
        feature.spectral_rolloff(S=spectrum, sr=rate, roll_percent=0.25),
        feature.spectral_flatness(S=spectrum),
        # An octave each from 200 Hz; the fifth ends at 6.4 kHz.
        feature.spectral_contrast(S=spectrum, sr=rate, n_bands=5).mean(axis=0),
        onset.onset_strength(S=amplitude_to_db(spectrum), sr=rate),
    )
    return np.array([moment(values) for moment in (np.mean, np.std) for values in measures])


def forest(features: Sequence[np.ndarray], labels: np.ndarray, seed: int, trees: int) -> Scorer:
    """Fit a random forest, both classes weighing the same.

    A recording's score is the log odds of the trees' mean vote, at most those of half a tree.

    Parameters
    ----------
    features : sequence of np.ndarray, shape=(n,)
    labels : np.ndarray, shape=(len(features),), dtype=int
        Both classes.
    seed : int
    trees : int

    Returns
    -------
    score : callable
    """
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(trees, class_weight="balanced", random_state=seed, n_jobs=-1)
    model.fit(np.stack(features), labels)

    def score(recordings: Sequence[np.ndarray]) -> np.ndarray:
        fake = model.predict_proba(np.stack(recordings))[:, 1]
        fake = np.clip(fake, 0.5 / trees, 1 - 0.5 / trees)
        return np.log1p(-fake) - np.log(fake)

    return score


def _clips(path: Path) -> Clips:
    return split_into_clips(scan_audio(path, DRAWING.rate), DRAWING)


BASELINES = {"lfcc-gmm": Baseline(cepstra, mixtures), "forest": Baseline(statistics, forest)}
