"""Everything that decides how a recording is drawn, in one frozen record.

The settings stand in ``render.json`` beside the pictures and inside every picture. Two pictures
can be compared, or given to one network, only when their settings are equal.
"""

import json
from dataclasses import asdict, dataclass, fields

FEATURES = ("linear", "mel")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a recording is drawn.

    Attributes
    ----------
    feature : str
        Representation: ``"linear"`` (log STFT on a linear frequency axis) or ``"mel"``.
    rate : int
        Sample rate that every recording is brought to, in Hz.
    seconds : float
        Length of a clip, in seconds.
    overlap : float
        What neighbouring clips share, in seconds, in [0, seconds).
    window : int
        Length of one analysis frame, in samples.
    hop : int
        Step from one frame to the next, in samples.
    bands : int
        Number of mel bands; no other representation uses it.
    floor : float
        Level drawn black, in dB relative to a full-scale sine.
    ceiling : float
        Level drawn white, in dB relative to a full-scale sine.
    level : float or None
        RMS level that a recording is brought to before it is drawn, in dB relative to full
        scale; None leaves it as it is, and loudness then shows.
    trim : float or None
        Leading and trailing sound this many dB below the loudest frame is cut off; None keeps it.
    version : int
        Raised whenever equal settings would draw another picture than before.
    """

    feature: str = "linear"
    rate: int = 16_000
    seconds: float = 2.0
    overlap: float = 0.0
    window: int = 512
    hop: int = 256
    bands: int = 80
    floor: float = -110.0
    ceiling: float = -10.0
    level: float | None = -20.0
    trim: float | None = 40.0
    version: int = 1

    def __post_init__(self) -> None:
        # 2 and 2.0 are one setting, so they must be one text too.
        for name in ("seconds", "overlap", "floor", "ceiling", "level", "trim"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, float(getattr(self, name)))
        if self.feature not in FEATURES:
            raise ValueError(f"expected a feature among {', '.join(FEATURES)}, got {self.feature}")
        if not 4_000 <= self.rate <= 192_000:
            raise ValueError(f"expected a rate of 4000 to 192000 Hz, got {self.rate}")
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
        if not self.floor < self.ceiling:
            raise ValueError(f"expected floor < ceiling, got {self.floor} and {self.ceiling} dB")
        if self.trim is not None and not self.trim > 0:
            raise ValueError(f"expected a trim above 0 dB, got {self.trim}")
        if self.feature == "mel" and not 1 <= self.bands <= self.window // 2:
            raise ValueError(f"expected 1 to {self.window // 2} mel bands, got {self.bands}")

    @property
    def length(self) -> int:
        """Length of a clip, in samples."""
        return round(self.seconds * self.rate)

    @property
    def step(self) -> int:
        """Distance from the start of one clip to the start of the next, in samples."""
        return max(1, self.length - round(self.overlap * self.rate))

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of a picture, in pixels."""
        rows = self.bands if self.feature == "mel" else self.window // 2
        return rows, 1 + (self.length - self.window) // self.hop

    def to_json(self) -> str:
        """Write the settings as one line of JSON, keys sorted, equal for equal settings."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Settings":
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError
            If the text is no JSON object of these settings.

        Examples
        --------
        >>> Settings.from_json(Settings(seconds=4).to_json()).seconds
        4.0
        """
        values = json.loads(text)
        known = {field.name for field in fields(cls)}
        if not isinstance(values, dict) or not set(values) <= known:
            raise ValueError(f"expected render settings ({', '.join(sorted(known))}), got {text}")
        return cls(**values)
