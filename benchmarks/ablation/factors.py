"""The factors of the ablation: one change each from the base.

The base is the robust recipe on pictures drawn as `BASE` says. The list follows the recipe: what
the recipe uses is switched off, the rest is switched on with the value below, and of a choice all
other values are tried.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple

from classify.settings import FUSIONS, KEPT_EPOCHS, MODELS, recipe
from render.representations import REPRESENTATIONS
from render.settings import Settings

Change = Mapping[str, Any]

# Each with its value where the base is without it.
AUGMENTATIONS = {
    "shear": 2.0,
    "zoom": 0.1,
    "flip": True,
    "roll": True,
    "noise": 0.3,
    "low_pass": 0.3,
    "masks": 2,
    "mixup": 0.2,
}
EMA = 0.4
SOUND = {"variants": 2, "forge": True}
SECONDS = (1.0, 2.0, 4.0)
BALANCES = {"none": [], "class": ["label"], "source": ["source"]}
NETWORKS = 3  # of the ensemble


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """The settings of ``./run.sh render`` and ``forge`` that the ablation changes.

    Attributes
    ----------
    feature : str
        As ``./run.sh render --feature``.
    seconds : float
        Length of a clip.
    variants : int
        Of each training clip, besides itself, as ``./run.sh render --variants``.
    forge : bool
        Whether the fakes of ``./run.sh forge`` are added to training.
    """

    feature: str = Settings.feature
    seconds: float = Settings.seconds
    variants: int = 1
    forge: bool = False

    @property
    def name(self) -> str:
        """Name of the folder of the pictures.

        Examples
        --------
        >>> Drawing(feature="mel", variants=2).name
        'mel-2s-variants2'
        """
        variants = f"-variants{self.variants}" if self.variants else ""
        copies = "-forge" if self.forge else ""
        return f"{self.feature}-{self.seconds:g}s{variants}{copies}"


BASE = Drawing()


class Factor(NamedTuple):
    """One change.

    Attributes
    ----------
    name : str
        As ``--only`` takes it.
    group : str
        Heading in the table; ``--only`` takes it, too.
    now, before : str
        The new value, and that of the base.
    training, drawing : mapping of str to Any
        Changed fields of `classify.settings.Settings` and of `Drawing`.
    networks : int
        Size of the ensemble.
    """

    name: str
    group: str
    now: str
    before: str
    training: Change = {}
    drawing: Change = {}
    networks: int = 1

    @property
    def folder(self) -> str:
        """Name of the folder of its networks; an ensemble uses those of the base."""
        return self.name if self.training or self.drawing else "base"


UNCHANGED = Factor("base", "", "", "")


def factors(training: Change, drawing: Drawing = BASE) -> list[Factor]:
    """List the factors of a base.

    Parameters
    ----------
    training : mapping of str to Any
        The recipe.
    drawing : Drawing

    Returns
    -------
    factors : list of Factor
        Group by group; all differ from the base, and all names differ.

    Examples
    --------
    >>> by_name = {factor.name: factor for factor in factors({**recipe("robust"), "mixup": 0.0})}
    >>> by_name["mixup"].training, by_name["shear"].training, by_name["shear"].before
    ({'mixup': 0.2}, {'shear': 0.0}, '1.0')
    """
    drawn = asdict(drawing)
    return [
        *_drawn(_choice("feature", "representation", tuple(REPRESENTATIONS), drawn)),
        *_drawn(_choice("seconds", "length", SECONDS, drawn)),
        *_drawn(_switch(name, "sound", on, drawn) for name, on in SOUND.items()),
        *(_switch(name, "augmentation", on, training) for name, on in AUGMENTATIONS.items()),
        *_bare(training),
        *_balance(training),
        _switch("ema", "learning", EMA, training),
        *_choice("keep_epoch", "learning", KEPT_EPOCHS, training),
        *_choice("model", "model", MODELS, training),
        *_choice("fusion", "model", FUSIONS, training),
        Factor("recipe-plain", "whole", "plain", "robust", recipe("plain")),
        Factor("ensemble", "whole", f"{NETWORKS} networks", "1", networks=NETWORKS),
    ]


def selected(factors: Sequence[Factor], names: Sequence[str]) -> list[Factor]:
    """Select factors by their names or those of their groups.

    Parameters
    ----------
    factors : sequence of Factor
    names : sequence of str
        Empty for all. ``base`` selects none: the base is always part of an ablation.

    Returns
    -------
    factors : list of Factor
        In the order given.

    Raises
    ------
    ValueError
        If a name is unknown; the message suggests the closest one.
    """
    groups = dict.fromkeys(factor.group for factor in factors)
    choices = [*(factor.name for factor in factors), *groups, UNCHANGED.name]
    for name in names:
        if name not in choices:
            near = get_close_matches(name, choices, 1, 0)[0]
            raise ValueError(f"expected a factor such as {near} (--help lists them), got {name}")
    return [factor for factor in factors if not names or {factor.name, factor.group} & {*names}]


def _switch(name: str, group: str, on: Any, base: Change) -> Factor:
    """Switch off what the base uses, and on what it does not."""
    value = type(on)() if base[name] else on
    return Factor(name, group, _formatted(value), _formatted(base[name]), {name: value})


def _choice(name: str, group: str, values: Sequence[Any], base: Change) -> Iterator[Factor]:
    """Every value but that of the base."""
    for value in values:
        if value != base[name]:
            now, before = (f"{v:g}" if type(v) is float else v for v in (value, base[name]))
            yield Factor(f"{name}-{now}", group, now, before, {name: value})


def _drawn(factors: Iterable[Factor]) -> Iterator[Factor]:
    """Move the changes from training to drawing."""
    for factor in factors:
        yield factor._replace(training={}, drawing=factor.training)


def _bare(base: Change) -> Iterator[Factor]:
    """No augmentation at all."""
    off = {name: type(on)() for name, on in AUGMENTATIONS.items() if base[name]}
    if off:
        yield Factor("augmentation-none", "augmentation", "none", "on", off)


def _balance(base: Change) -> Iterator[Factor]:
    names = {tuple(columns): name for name, columns in BALANCES.items()}
    current = tuple(base["balance"])
    for columns, name in names.items():
        if columns != current:
            before = names.get(current, ",".join(current))
            yield Factor(f"balance-{name}", "learning", name, before, {"balance": list(columns)})


def _formatted(value: Any) -> str:
    return "on" if value is True else str(value) if value else "off"
