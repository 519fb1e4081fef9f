"""Everything that decides how a network is trained, in one frozen record."""

import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODELS = ("cnn", "lcnn", "resnet", "crnn", "lstm", "vit", "plain")
HEADS = ("sigmoid", "softmax")
RECIPES = ("robust", "plain")
KEPT_EPOCHS = ("last", "loss", "eer")
FUSIONS = ("early", "late")
FUSION_HEADS = ("full", "comb")  # layers of late fusion: whole picture, rows below the spectrogram
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")

# Bounds of the numbers: least, and what they stay under.
_BOUNDS = {
    "epochs": (1, math.inf),
    "patience": (1, math.inf),
    "batch_size": (1, math.inf),
    "warmup": (0, math.inf),
    "weight_decay": (0, math.inf),
    "ema": (0, math.inf),
    "dropout": (0, 1),
    "smoothing": (0, 1),
    "mixup": (0, math.inf),
    "shear": (0, 90),
    "zoom": (0, 1),
    "tilt": (0, math.inf),
    "equalise": (0, math.inf),
    "level": (0, math.inf),
    "masks": (0, math.inf),
    "views": (1, math.inf),
    "seed": (0, 2**31),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a network is trained.

    What is given in decibels counts on the scale that ``render.json`` states; where it states
    none, a picture is taken to span 100 dB.

    Attributes
    ----------
    model : str
        Network, by name: one of `MODELS`, or a backbone of ``keras.applications``.
    weights : str
        What a backbone starts from: ``"none"``, ``"imagenet"`` or a file of its weights.
    fusion : str
        Of levels and what a picture shows below them, if anything. ``"early"``: one body sees both.
        ``"late"``: another sees what is below them alone, each learns as if there were no other,
        and of their logits, each calibrated on validation, the mean counts.
    head : str
        ``"sigmoid"``: one output, P(positive class). ``"softmax"``: two outputs, one a class.
    epochs : int
        Most passes over the training split.
    patience : int
        Training ends after this many epochs without a better one, unless the last is kept.
    keep_epoch : str
        Which epoch is kept: the ``"last"``, or the best by a figure of the validation split,
        ``"loss"`` or, of its recordings, ``"eer"``, the mean over sources where the manifest names
        them.
    batch_size : int
        Pictures in one step.
    balance : tuple of str
        Columns of the manifest. Both classes are seen equally often; within a class all values of
        the first column, within these those of the second. Without any, every picture is seen
        once an epoch, and the classes get weights instead.
    copies_by_seed : str
        Column of the manifest. Training pictures with a value there are for some networks of an
        ensemble: by seed, in turn, one sees those of one value, the last by alphabet first, and
        the last network sees none of them.
    learning_rate : float
        Largest step size of AdamW; it falls along a cosine to 0 at the last epoch.
    warmup : float
        Epochs, or a part of one, in which the step size rises from 0; less than all of them.
    weight_decay : float
        Weight decay of AdamW.
    ema : float
        Epochs, or a part of one, that the running mean of the weights reaches back; the mean is
        the network that is judged and kept. 0 for none.
    precision : str
        What the steps are computed in; ``"mixed_..."`` is quicker where the machine has it.
    dropout : float
        Share of the features dropped before the head, in [0, 1).
    smoothing : float
        Share of the label that is spread over both classes, in [0, 1).
    mixup : float
        Parameter of the Beta distribution of the shares of two blended pictures; 0 for none.
    shear : float
        Largest shear of a training picture, in degrees.
    zoom : float
        Largest change of either side of a training picture, as a share, in [0, 1).
    flip : bool
        Whether training pictures are mirrored left to right (time reversed) at random.
    roll : bool
        Whether training pictures begin at a random moment, and go on with what stood before it.
    tilt, equalise, level : float
        Standard deviations, in dB, of a straight slope and of a smooth random curve over
        frequency, and of one gain for all; 0 for none.
    noise, low_pass : float
        Share of the training pictures that get noise, or lose the top of their band, in [0, 1].
    masks : int
        Most bands, and most moments, that are hidden; 0 for none.
    views : int
        How often the trained network is asked about a picture: as it is, mirrored if `flip` and
        from other moments on if `roll`, as it was trained; the mean of its scores counts. Epochs
        are judged by one.
    seed : int
        Seed of the weights, the order of the pictures, the augmentation and the dropout.
    """

    model: str = "cnn"
    weights: str = "none"
    fusion: str = "early"
    head: str = "sigmoid"
    epochs: int = 20
    patience: int = 10
    keep_epoch: str = "loss"
    batch_size: int = 32
    balance: tuple[str, ...] = ()
    copies_by_seed: str = ""
    learning_rate: float = 1e-3
    warmup: float = 0.0
    weight_decay: float = 0.004
    ema: float = 0.0
    precision: str = "float32"
    dropout: float = 0.3
    smoothing: float = 0.0
    mixup: float = 0.0
    shear: float = 2.0
    zoom: float = 0.05
    flip: bool = True
    roll: bool = False
    tilt: float = 0.0
    equalise: float = 0.0
    level: float = 0.0
    noise: float = 0.0
    low_pass: float = 0.0
    masks: int = 0
    views: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.model.isidentifier():  # whether it is a backbone, Keras alone can say
            raise ValueError(
                f"expected a model among {', '.join(MODELS)} or a name of keras.applications, got "
                f"{self.model}"
            )
        if self.model in MODELS and self.weights != "none":
            raise ValueError(f"expected weights none for {self.model}, got {self.weights}")
        for name, known in (
            ("fusion", FUSIONS),
            ("head", HEADS),
            ("keep_epoch", KEPT_EPOCHS),
            ("precision", PRECISIONS),
        ):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"expected {name} among {', '.join(known)}, got {getattr(self, name)}"
                )
        for name, (least, under) in _BOUNDS.items():
            value = getattr(self, name)
            if not least <= value < under:
                bound = "" if under == math.inf else f" and under {under}"
                raise ValueError(f"expected {name} of at least {least}{bound}, got {value}")
        for name in ("noise", "low_pass"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"expected {name} of 0 to 1, got {getattr(self, name)}")
        if not self.roll and self.views > 1 + self.flip:
            alone = "at most 2 views without roll" if self.flip else "1 view without flip and roll"
            raise ValueError(f"expected {alone}, got {self.views}")
        if not self.warmup < self.epochs:
            raise ValueError(f"expected warmup under {self.epochs} epochs, got {self.warmup}")
        if not self.learning_rate > 0:
            raise ValueError(f"expected a learning rate above 0, got {self.learning_rate}")
        object.__setattr__(self, "balance", tuple(self.balance))  # JSON and TOML have lists


def recipe(name: str) -> dict[str, Any]:
    """Read a whole set of settings that the project ships.

    Parameters
    ----------
    name : str
        One of `RECIPES`.

    Returns
    -------
    settings : dict
        All of `Settings` but the seed.
    """
    text = (Path(__file__).parent / "recipes" / f"{name}.toml").read_text()
    return tomllib.loads(text)
