"""What a training makes: one network, or an ensemble of seeds or of folds."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from classify.settings import Folds, Settings
from classify.training.training_data import TrainingData


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One network, or an ensemble of them.

    Attributes
    ----------
    settings : Settings
    make_data : function without parameters
        Gives the pictures: of an ensemble of folds, those of both splits together.
    members : tuple of Plan
        The networks of an ensemble; empty for one network.
    name : str
        Folder of a member in that of its ensemble.
    group, fold : str
        See `classify.runs.run.Run`.
    """

    settings: Settings
    make_data: Callable[[], TrainingData]
    members: tuple["Plan", ...] = ()
    name: str = ""
    group: str = ""
    fold: str = ""


def plan_seeds(data: TrainingData, settings: Settings, seeds: int) -> Plan:
    """Plan one network or, for each of several seeds, a network.

    Raises
    ------
    ValueError
        If there is no seed.
    """
    if seeds < 1:
        raise ValueError(f"expected at least 1 seed, got {seeds}")

    def make_data() -> TrainingData:
        return data  # all share its caches

    numbers = range(settings.seed, settings.seed + seeds) if seeds > 1 else ()
    members = tuple(
        Plan(
            name=f"seed-{seed}",
            settings=dataclasses.replace(settings, seed=seed),
            make_data=make_data,
        )
        for seed in numbers
    )
    return Plan(settings=settings, make_data=make_data, members=members)


def plan_folds(data: TrainingData, settings: Settings, folds: Folds) -> Plan:
    """Plan a network for each fold, with the seed of the settings and those after it.

    Raises
    ------
    ValueError
        If there are too few groups for so many folds.
    """
    whole = data.joined()
    fold = whole.deal_folds(folds)
    members = tuple(
        Plan(
            name=f"fold-{number + 1}",
            settings=dataclasses.replace(settings, seed=settings.seed + number),
            # Made anew whenever it is asked for: the pictures of all folds would fill the memory.
            make_data=partial(whole.fold, fold, number),
            group=folds.group,
            fold=f"{number + 1}/{folds.count}",
        )
        for number in range(folds.count)
    )
    return Plan(settings=settings, make_data=lambda: whole, members=members, group=folds.group)
