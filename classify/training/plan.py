"""What a training makes: one network, or an ensemble of seeds or of folds.

A refit is a training on all that a finished training with folds has judged.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from classify.runs.run import Calibration, Run
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
    judge : Run, optional
        Of a refit: the run of folds that it has its calibration from.
    """

    settings: Settings
    make_data: Callable[[], TrainingData]
    members: tuple["Plan", ...] = ()
    name: str = ""
    group: str = ""
    fold: str = ""
    judge: Run | None = None

    @property
    def heads(self) -> tuple[Calibration, ...]:
        """Calibrations of the heads of a refit: means over the networks of the folds."""
        networks = () if self.judge is None else self.judge.networks
        return tuple(
            Calibration(
                slope=float(np.mean([head.slope for head in heads])),
                offset=float(np.mean([head.offset for head in heads])),
            )
            for heads in zip(*(network.heads for network in networks), strict=True)
        )


def plan_seeds(
    data: TrainingData, settings: Settings, seeds: int, judge: Run | None = None
) -> Plan:
    """Plan one network or, for each of several seeds, a network.

    Parameters
    ----------
    data : TrainingData
    settings : Settings
    seeds : int
    judge : Run, optional
        A run of folds: the networks learn from both splits, and get its calibration.

    Raises
    ------
    ValueError
        If there is no seed, or the run has no folds, other settings or other pictures.
    """
    if seeds < 1:
        raise ValueError(f"expected at least 1 seed, got {seeds}")
    if judge is not None:
        whole = data.joined()
        _require_judge(judge, settings, whole)
        # Each epoch is validated on the validation split, whose figures flatter now.
        data = dataclasses.replace(data, train=whole.train)
    group = judge.group if judge else ""

    def make_data() -> TrainingData:
        return data  # all share its caches

    numbers = range(settings.seed, settings.seed + seeds) if seeds > 1 else ()
    members = tuple(
        Plan(
            name=f"seed-{seed}",
            settings=dataclasses.replace(settings, seed=seed),
            make_data=make_data,
            group=group,
            judge=judge,
        )
        for seed in numbers
    )
    return Plan(settings=settings, make_data=make_data, members=members, group=group, judge=judge)


def _require_judge(judge: Run, settings: Settings, whole: TrainingData) -> None:
    """Refuse a run whose calibration does not hold for networks trained anew on both splits."""
    if not judge.has_folds:
        raise ValueError(
            f"expected a training with --folds in {judge.folder}, got one without folds"
        )
    if judge.fold:
        raise ValueError(
            f"expected a training with all folds in {judge.folder}, got fold {judge.fold} alone"
        )
    before = dataclasses.asdict(Settings(**judge.training))
    for name, value in dataclasses.asdict(settings).items():
        if name != "seed" and before[name] != value:
            raise ValueError(f"expected {name} {before[name]} as in {judge.folder}, got {value}")
    if judge.names_fingerprint != whole.names_fingerprint:
        raise ValueError(
            f"expected the pictures that {judge.folder} learned from, got others in {whole.dataset}"
        )


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
