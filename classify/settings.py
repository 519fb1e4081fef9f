"""Everything that decides how a network is trained, in one frozen record.

The defaults are the recipe *robust*; ``recipes/plain.toml`` holds what *plain* does otherwise.
"""

import math
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# Each is a module of `classify.models`.
MODELS = ("cnn", "lcnn", "resnet", "crnn", "lstm", "vit", "plain")
HEADS = ("sigmoid", "softmax")
RECIPES = ("robust", "plain")
KEPT_EPOCHS = ("last", "loss")
FUSIONS = ("early", "late")
FUSION_HEADS = ("full", "comb")  # layers of late fusion: whole picture, rows below the spectrogram
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")

_CHOICES = {
    "fusion": FUSIONS,
    "head": HEADS,
    "keep_epoch": KEPT_EPOCHS,
    "precision": PRECISIONS,
}
# Each number with its minimum and with a limit that it stays below.
_BOUNDS = {
    "epochs": (1, math.inf),
    "batch_size": (1, math.inf),
    "warmup": (0, math.inf),
    "weight_decay": (0, math.inf),
    "ema": (0, math.inf),
    "dropout": (0, 1),
    "mixup": (0, math.inf),
    "shear": (0, 90),
    "zoom": (0, 1),
    "masks": (0, math.inf),
    "risk": (0, 1),
    "seed": (0, 2**31),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of a training.

    Attributes
    ----------
    model : str
        Network: one of `MODELS`, or the name of a backbone of ``keras.applications``.
    weights : str
        First weights of a backbone: ``"none"``, ``"imagenet"`` or a weights file.
    fusion : str
        ``"early"``: one network sees the whole picture. ``"late"``: a second, smaller network sees
        only the rows below the spectrogram (the comb). Each has a loss of its own; both logits are
        calibrated on validation and averaged, see `classify.training.head_calibration`. Without
        such rows both are the same.
    head : str
        ``"sigmoid"``: one output, P(positive class). ``"softmax"``: two outputs, one a class.
    epochs : int
        Passes over the training split.
    keep_epoch : str
        Epoch that becomes the run's network: the ``"last"``, or that of the lowest validation
        ``"loss"``.
    batch_size : int
        Pictures in one step.
    balance : tuple of str
        Columns of the manifest. Both classes are drawn equally often; within a class all values of
        the first column; within a value those of the second. Empty: every picture is seen once an
        epoch, and the loss has class weights instead.
    copies_by_seed : str
        Column of the manifest that divides pictures among the networks of an ensemble. The first
        network sees only the last value in alphabetical order, the next the value before it; after
        the first value comes a network that sees none of these pictures. Pictures without a value
        are for all.
    learning_rate : float
        Largest step size of AdamW; a cosine takes it to 0 at the end.
    warmup : float
        Epochs in which the step size rises from 0; may be a fraction, less than `epochs`.
    weight_decay : float
        Weight decay of AdamW.
    ema : float
        Time constant of the exponential moving average of the weights, in epochs. The averaged
        network is validated and kept. 0: none.
    precision : str
        Number format of the training steps; ``"mixed_..."`` is faster on hardware that has it.
    dropout : float
        Share of the features that is dropped before the head, in [0, 1).
    mixup : float
        Both parameters of the Beta distribution of the mixing shares; 0: no mixup.
    shear : float
        Largest shear of a training picture, in degrees.
    zoom : float
        Largest zoom of a training picture, as a share of its height and width, in [0, 1).
    flip : bool
        Whether training pictures are mirrored in time at random.
    roll : bool
        Whether training pictures are rotated in time by a random number of columns.
    noise, low_pass : float
        Share of the training pictures that get noise, or a low-pass filter, in [0, 1]. Decibels
        count on the scale of ``render.json``, or on one of 100 dB where it is unknown.
    masks : int
        Largest number of masked frequency bands, and of masked stretches of time; 0: none.
    risk : float
        Share of the verdicts that may be wrong on recordings that the run has not met, in [0, 1);
        the answers that would be wrong more often are "uncertain".
    seed : int
        Seed of the weights, the order of the pictures, the augmentation and the dropout.
    """

    model: str = "crnn"
    weights: str = "none"
    fusion: str = "late"
    head: str = "sigmoid"
    epochs: int = 24
    keep_epoch: str = "last"
    batch_size: int = 32
    balance: tuple[str, ...] = ("source", "generator")
    copies_by_seed: str = "vocoder_type"
    learning_rate: float = 0.002
    warmup: float = 0.4
    weight_decay: float = 0.02
    ema: float = 0.4
    precision: str = "float32"
    dropout: float = 0.15
    mixup: float = 0.0
    shear: float = 1.0
    zoom: float = 0.02
    flip: bool = True
    roll: bool = True
    noise: float = 0.1
    low_pass: float = 0.1
    masks: int = 0
    risk: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.model.isidentifier():  # only Keras knows the names of its backbones
            raise ValueError(
                f"expected a model among {', '.join(MODELS)} or a name of keras.applications, got "
                f"{self.model}"
            )
        if self.model in MODELS and self.weights != "none":
            raise ValueError(f"expected weights none for {self.model}, got {self.weights}")
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                raise ValueError(f"expected {name} among {', '.join(choices)}, got {value}")
        for name, (least, limit) in _BOUNDS.items():
            value = getattr(self, name)
            if not least <= value < limit:
                bound = "" if limit == math.inf else f" and under {limit}"
                raise ValueError(f"expected {name} of at least {least}{bound}, got {value}")
        for name in ("noise", "low_pass"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"expected {name} of 0 to 1, got {getattr(self, name)}")
        if not self.warmup < self.epochs:
            raise ValueError(f"expected warmup under {self.epochs} epochs, got {self.warmup}")
        if not self.learning_rate > 0:
            raise ValueError(f"expected a learning rate above 0, got {self.learning_rate}")
        object.__setattr__(self, "balance", tuple(self.balance))  # JSON and TOML have lists


@dataclass(frozen=True)
class Folds:
    """How the networks of a run leave groups of recordings out.

    Attributes
    ----------
    count : int
        Number of folds, and of networks; 2 or more.
    group : str
        Column of the manifest whose values are left out whole.

    Raises
    ------
    ValueError
        If there are fewer than 2 folds.
    """

    count: int
    group: str = "source"

    def __post_init__(self) -> None:
        if self.count < 2:
            raise ValueError(f"expected 2 folds or more, got {self.count}")


def recipe(name: str) -> dict[str, Any]:
    """Read a whole set of settings that comes with the project.

    Parameters
    ----------
    name : str
        One of `RECIPES`.

    Returns
    -------
    settings : dict
        All of `Settings` but the seed.

    Examples
    --------
    >>> recipe("robust")["model"], recipe("plain")["model"]
    ('crnn', 'plain')
    """
    path = Path(__file__).parent / "recipes" / f"{name}.toml"
    differences = {} if name == RECIPES[0] else tomllib.loads(path.read_text())
    settings = asdict(Settings(**differences))
    del settings["seed"]
    return settings
