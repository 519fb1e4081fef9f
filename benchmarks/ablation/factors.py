"""What the ablation changes, one factor at a time, and what each change comes to.

The base is the robust recipe on pictures drawn as `BASE` says. What it has is switched off, what it
lacks is switched on with the value that stands here, and of a choice all others are tried, so that
the table stays true when the recipe changes.
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
    """How the recordings become pictures, as far as the ablation changes it.

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
        more = f"-variants{self.variants}" if self.variants else ""
        return f"{self.feature}-{self.seconds:g}s{more}{'-forge' if self.forge else ''}"


BASE = Drawing()


class Factor(NamedTuple):
    """One change.

    Attributes
    ----------
    name : str
        As ``--only`` has it.
    group : str
        What it is listed under; ``--only`` has that, too.
    now, before : str
        What it is changed to, and what the base has.
    training, drawing : mapping of str to Any
        Fields of `classify.settings.Settings` and of `Drawing` that are changed.
    networks : int
        How many answer together.
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
        """Name of the folder of its networks; an ensemble has those of what it is made of."""
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
        Group by group, each other than the base and with a name of its own.

    Examples
    --------
    >>> found = {one.name: one for one in factors({**recipe("robust"), "mixup": 0.0})}
    >>> found["mixup"].training, found["shear"].training, found["shear"].before
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


def selected(known: Sequence[Factor], names: Sequence[str]) -> list[Factor]:
    """Choose factors by their names or those of their groups.

    Parameters
    ----------
    known : sequence of Factor
    names : sequence of str
        Without any, all. ``base`` is none of them: it is always there.

    Returns
    -------
    factors : list of Factor
        In the order of `known`.

    Raises
    ------
    ValueError
        If a name is unknown, with the one that is closest to it.
    """
    there = [*(one.name for one in known), *dict.fromkeys(one.group for one in known)]
    there.append(UNCHANGED.name)
    for name in names:
        if name not in there:
            near = get_close_matches(name, there, 1, 0)[0]
            raise ValueError(f"expected a factor such as {near} (--help lists them), got {name}")
    return [one for one in known if not names or {one.name, one.group} & {*names}]


def _switch(name: str, group: str, on: Any, base: Change) -> Factor:
    """Off where the base has it, on where it has not."""
    value = type(on)() if base[name] else on
    return Factor(name, group, _told(value), _told(base[name]), {name: value})


def _choice(name: str, group: str, values: Sequence[Any], base: Change) -> Iterator[Factor]:
    """All values but the base's."""
    for value in values:
        if value != base[name]:
            now, before = (f"{one:g}" if type(one) is float else one for one in (value, base[name]))
            yield Factor(f"{name}-{now}", group, now, before, {name: value})


def _drawn(factors: Iterable[Factor]) -> Iterator[Factor]:
    """What these change, they change in the drawing."""
    for one in factors:
        yield one._replace(training={}, drawing=one.training)


def _bare(base: Change) -> Iterator[Factor]:
    """Nothing augmented at all."""
    off = {name: type(on)() for name, on in AUGMENTATIONS.items() if base[name]}
    if off:
        yield Factor("augmentation-none", "augmentation", "none", "on", off)


def _balance(base: Change) -> Iterator[Factor]:
    names = {tuple(columns): name for name, columns in BALANCES.items()}
    own = tuple(base["balance"])
    for columns, name in names.items():
        if columns != own:
            before = names.get(own, ",".join(own))
            yield Factor(f"balance-{name}", "learning", name, before, {"balance": list(columns)})


def _told(value: Any) -> str:
    return "on" if value is True else str(value) if value else "off"
