"""Everything that decides how a network is trained, in one frozen record."""

from dataclasses import dataclass

MODELS = ("cnn",)
HEADS = ("sigmoid", "softmax")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a network is trained.

    Attributes
    ----------
    model : str
        Network, by name.
    head : str
        ``"sigmoid"``: one output, P(positive class). ``"softmax"``: two outputs, one a class.
    epochs : int
        Most passes over the training split.
    patience : int
        Training ends after this many epochs without a lower validation loss.
    batch : int
        Pictures in one step.
    learning_rate : float
        Step size of AdamW at the start; it falls along a cosine to 0 at the last epoch.
    dropout : float
        Share of the features dropped before the head, in [0, 1).
    shear : float
        Largest shear of a training picture, in degrees.
    zoom : float
        Largest change of either side of a training picture, as a share, in [0, 1).
    flip : bool
        Whether training pictures are mirrored left to right (time reversed) at random.
    seed : int
        Seed of the weights, the order of the pictures, the augmentation and the dropout.
    """

    model: str = "cnn"
    head: str = "sigmoid"
    epochs: int = 20
    patience: int = 10
    batch: int = 32
    learning_rate: float = 1e-3
    dropout: float = 0.3
    shear: float = 2.0
    zoom: float = 0.05
    flip: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise ValueError(f"expected a model among {', '.join(MODELS)}, got {self.model}")
        if self.head not in HEADS:
            raise ValueError(f"expected a head among {', '.join(HEADS)}, got {self.head}")
        for name in ("epochs", "patience", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"expected {name} of at least 1, got {getattr(self, name)}")
        if not self.learning_rate > 0:
            raise ValueError(f"expected a learning rate above 0, got {self.learning_rate}")
        for name in ("dropout", "zoom"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"expected {name} in [0, 1), got {getattr(self, name)}")
        if not 0 <= self.shear < 90:
            raise ValueError(f"expected a shear of 0 to under 90 degrees, got {self.shear}")
        if not 0 <= self.seed < 2**31:
            raise ValueError(f"expected a seed in [0, 2147483648), got {self.seed}")
