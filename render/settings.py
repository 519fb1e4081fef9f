"""Settings of the drawing, in one frozen record.

They stand in ``render.json`` beside the pictures and inside every picture. Two pictures can be
compared, or given to one network, only if their settings are equal.
"""

import json
import math
from dataclasses import asdict, dataclass, fields
from numbers import Real

from render.console import COMMAND
from render.representations import DELTA_WIDTH, REPRESENTATIONS, Representation

FORMAT = 1  # of render.json and the metadata in pictures; raised when their keys change
_REALS = (
    "seconds",
    "overlap",
    "floor",
    "ceiling",
    "level",
    "trim",
    "lowest",
    "cepstrum_range",
    "delay_range",
    "comb_range",
)
_COUNTS = ("rate", "window", "hop", "bands", "bins", "coefficients", "version")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a recording is drawn.

    A field that the representation does not use may have any value.

    Attributes
    ----------
    feature : str
        Representation, a key of `render.representations.REPRESENTATIONS`.
    rate : int
        Sample rate that every recording is brought to, in Hz.
    seconds : float
        Length of a clip, in seconds.
    overlap : float
        What neighbouring clips share, in seconds, in [0, seconds).
    window : int
        Length of one analysis frame, in samples. 0 stands for the representation's own.
    hop : int
        Step from one frame to the next, in samples. 0 stands for the representation's own.
    bands : int
        Number of bands of the filterbank.
    lowest : float
        Frequency of the bottom row of an octave scale, in Hz.
    bins : int
        Rows an octave.
    coefficients : int
        Number of cepstral coefficients, the 0th included.
    floor : float
        Level drawn black, in dB relative to a full-scale sine.
    ceiling : float
        Level drawn white, in dB relative to a full-scale sine.
    relative : bool
        Measure levels from the clip's own loudest point instead of from a full-scale sine.
    cepstrum_range : float
        Cepstral coefficient drawn white, in dB; minus that is black.
    delay_range : float
        Group delay drawn white, in ms; minus that is black.
    comb_range : float
        Strength of a comb or indicator drawn white; minus that is black. By chance, strengths
        vary by about 1.
    level : float or None
        RMS level that a recording is brought to before it is drawn, in dB relative to full
        scale; None leaves it as it is, and loudness then shows.
    trim : float or None
        Leading and trailing sound this many dB below the loudest frame is cut off; None keeps it.
    version : int
        Raised when equal settings draw different pictures than before.
    """

    feature: str = "linear-comb"
    rate: int = 16_000
    seconds: float = 2.0
    overlap: float = 0.0
    window: int = 0
    hop: int = 0
    bands: int = 80
    lowest: float = 62.5
    bins: int = 24
    coefficients: int = 20
    floor: float = -110.0
    ceiling: float = -10.0
    relative: bool = False
    cepstrum_range: float = 15.0
    delay_range: float = 10.0
    comb_range: float = 6.0
    level: float | None = -20.0
    trim: float | None = 40.0
    version: int = 3

    def __post_init__(self) -> None:
        self._check_types()
        if self.feature not in REPRESENTATIONS:
            names = ", ".join(REPRESENTATIONS)
            raise ValueError(f"expected a feature among {names}, got {self.feature}")
        for name, usual in zip(("window", "hop"), self.representation.frame, strict=True):
            if getattr(self, name) == 0:
                object.__setattr__(self, name, usual)
        self._check_clip()
        self._check_range()
        for option in self.representation.options:
            if option in _CHECKS:
                _CHECKS[option](self)

    def _check_types(self) -> None:
        for name in _COUNTS:
            if type(getattr(self, name)) is not int:
                raise ValueError(f"expected a whole number for {name}, got {getattr(self, name)!r}")
        if type(self.relative) is not bool:
            raise ValueError(f"expected relative to be true or false, got {self.relative!r}")
        for name in _REALS:
            value = getattr(self, name)
            if value is None and name in ("level", "trim"):
                continue
            if not (isinstance(value, Real) and math.isfinite(value)):
                raise ValueError(f"expected a finite number for {name}, got {value!r}")
            # 2 and 2.0 are one setting and must be one text.
            object.__setattr__(self, name, float(value))

    def _check_clip(self) -> None:
        if not 4_000 <= self.rate <= 192_000:
            raise ValueError(f"expected a rate of 4000 to 192000 Hz, got {self.rate}")
        if not self.seconds > 0:
            raise ValueError(f"expected clips longer than 0 s, got {self.seconds}")
        if not 0 < self.hop <= self.window:
            raise ValueError(f"expected 0 < hop <= window, got {self.hop} and {self.window}")
        if self.window < 32 or self.window > self.length:
            raise ValueError(
                f"expected a window of 32 to {self.length} samples (one clip), got {self.window}"
            )
        if not 0 <= self.overlap < self.seconds:
            raise ValueError(
                f"expected an overlap of 0 s to under {self.seconds} s, got {self.overlap}"
            )

    def _check_range(self) -> None:
        # Within 300 dB of full scale, powers fit into single precision.
        if not -300 <= self.floor < self.ceiling <= 300:
            raise ValueError(
                f"expected -300 <= floor < ceiling <= 300 dB, got {self.floor} and {self.ceiling}"
            )
        for name, unit in (("cepstrum_range", "dB"), ("delay_range", "ms"), ("comb_range", "dB")):
            if not getattr(self, name) > 0:
                option = name.replace("_", "-")
                raise ValueError(f"expected a {option} above 0 {unit}, got {getattr(self, name)}")
        if self.trim is not None and not self.trim > 0:
            raise ValueError(f"expected a trim above 0 dB, got {self.trim}")

    def _check_bands(self) -> None:
        if not 1 <= self.bands <= self.window // 2:
            raise ValueError(
                f"expected 1 to {self.window // 2} bands (half a window), got {self.bands}"
            )

    def _check_cepstrum(self) -> None:
        if not 1 <= self.coefficients <= self.bands:
            raise ValueError(
                f"expected 1 to {self.bands} coefficients (one a band), got {self.coefficients}"
            )
        if self.columns < DELTA_WIDTH:
            raise ValueError(
                f"expected clips of {DELTA_WIDTH} frames or more for deltas, got {self.columns}"
            )

    def _check_octaves(self) -> None:
        if not 1 <= self.bins <= 192:
            raise ValueError(f"expected 1 to 192 bins an octave, got {self.bins}")
        if not 1 <= self.lowest <= self.rate / 4:
            raise ValueError(
                f"expected a lowest frequency of 1 to {self.rate / 4:g} Hz (an octave below the "
                f"highest), got {self.lowest:g}"
            )

    def _check_kernel(self) -> None:
        if self.longest_kernel > self.length:
            seconds = self.longest_kernel / self.rate
            raise ValueError(
                f"expected the wavelet of the lowest frequency to fit into a clip of "
                f"{self.seconds:g} s, got {seconds:.3f} s: use fewer bins an octave than "
                f"{self.bins} or a lowest frequency above {self.lowest:g} Hz"
            )

    @property
    def representation(self) -> Representation:
        """Row of the table of representations."""
        return REPRESENTATIONS[self.feature]

    @property
    def length(self) -> int:
        """Length of a clip, in samples."""
        return round(self.seconds * self.rate)

    @property
    def clip_step(self) -> int:
        """Step from one clip to the next, in samples."""
        return max(1, self.length - round(self.overlap * self.rate))

    @property
    def q_factor(self) -> float:
        """Q of the constant-Q transform: frequency of a row over its distance to the next."""
        return 1 / (2 ** (1 / self.bins) - 1)

    @property
    def longest_kernel(self) -> float:
        """Length of the constant-Q wavelet of the bottom row, in samples."""
        return self.q_factor * self.rate / self.lowest

    @property
    def octave_rows(self) -> int:
        """Rows of an octave scale: the row above the top one is at the Nyquist frequency."""
        # The millionth is for whole octaves that come out a hair below.
        return int(self.bins * math.log2(self.rate / 2 / self.lowest) + 1e-6)

    @property
    def columns(self) -> int:
        """Width of a picture, in pixels: one a frame."""
        return 1 + (self.length - self.window) // self.hop

    @property
    def rows(self) -> int:
        """Height of a picture, in pixels."""
        return self.representation.rows(self)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of a picture, in pixels."""
        return self.rows, self.columns

    def to_json(self) -> str:
        """Write `FORMAT` and the settings as one line of JSON, equal for equal settings."""
        return json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Settings":
        """Read settings that `to_json` wrote.

        Raises
        ------
        ValueError
            If the text is no JSON object of these settings, or of another format.

        Examples
        --------
        >>> Settings.from_json(Settings(seconds=4).to_json()).seconds
        4.0
        """
        values = json.loads(text)
        names = {field.name for field in fields(cls)}
        if not isinstance(values, dict) or not set(values) <= names | {"format"}:
            raise ValueError(f"expected render settings ({', '.join(sorted(names))}), got {text}")
        number = values.pop("format", None)
        if number != FORMAT:
            raise ValueError(
                f"expected render settings of format {FORMAT}, got format {number}: draw the "
                f"pictures anew with {COMMAND} render"
            )
        return cls(**values)


_CHECKS = {
    "bands": Settings._check_bands,
    "coefficients": Settings._check_cepstrum,
    "bins": Settings._check_octaves,
    "longest_kernel": Settings._check_kernel,
}
