"""One run of an ablation, a factor with one seed: draw, train, score, and keep the scores."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.ablation.factors import BASE, Drawing, Factor
from benchmarks.support import recordings
from benchmarks.support.recordings import SPLITS
from classify.settings import Folds, Settings, recipe

if TYPE_CHECKING:
    from benchmarks.support.system_scores import SystemScores
    from classify.runs.run import Run

LEFT_OUT = "sources left out"
FOLDS = 4


class FactorRun(NamedTuple):
    """A factor with a seed; an ensemble consists of the networks of the base, from that seed on."""

    factor: Factor
    seed: int

    @property
    def name(self) -> str:
        """Name among the runs of the factor."""
        return f"seed-{self.seed}" if self.factor.networks == 1 else "ensemble"


@dataclass(frozen=True)
class Study:
    """Settings that all runs of an ablation share, and the datasets they have drawn.

    Attributes
    ----------
    audio : Path
        What ``./run.sh render`` takes.
    out : Path
    splits : tuple of str
        The splits that are scored: of `SPLITS`, or `LEFT_OUT` alone.
    seeds : int
        How many the base has, from 0.
    epochs : int or None
        None for those of the recipe.
    folds : int
        To leave sources out; 0 for the given splits.
    jobs : int
        Processes that draw; -1 for one a core.
    drawn : dict
        Datasets that are up to date, by drawing.
    """

    audio: Path
    out: Path
    splits: tuple[str, ...]
    seeds: int
    epochs: int | None
    folds: int
    jobs: int
    drawn: dict[Drawing, Path] = field(default_factory=dict)

    def finished(self, run: FactorRun) -> "dict[str, SystemScores]":
        """Read the scores of a run by split; empty before it is finished."""
        from benchmarks.support.system_scores import SystemScores

        path = self._scores_file(run)
        splits = json.loads(path.read_text()) if path.is_file() else {}
        return {split: SystemScores.read(table) for split, table in splits.items()}

    def carry_out(self, run: FactorRun) -> "dict[str, SystemScores]":
        """Train and score, unless that is done; `finished` reads the scores later.

        Returns
        -------
        scores : dict of str to SystemScores
            By split.

        Raises
        ------
        ValueError
            If drawing, training or scoring fails, or an ensemble lacks seeds.
        """
        from benchmarks.support.system_scores import score_out_of_fold, score_run
        from classify.files import atomic_write

        factor = run.factor
        if factor.networks > self.seeds:
            raise ValueError(f"expected {factor.networks} seeds or more, got {self.seeds}")
        dataset, scores = self._dataset(factor), self.finished(run)
        trained = self._train(dataset, run)
        prefix = recordings.name_prefix(self.audio) if factor.drawing.get("forge") else ""
        for split in self.splits:
            if split in scores:
                continue
            if split == LEFT_OUT:
                scores[split] = score_out_of_fold(dataset, trained, prefix)
            else:
                scores[split] = score_run(dataset, trained, SPLITS[split], prefix)
        tables = {split: scores[split].table for split in scores}
        atomic_write(self._scores_file(run), json.dumps(tables).encode())
        return scores

    def _scores_file(self, run: FactorRun) -> Path:
        """The scores of a run; where the file stands, the run is finished."""
        return self._folder(run.factor) / f"{run.name}.json"

    def _folder(self, factor: Factor) -> Path:
        """The folder of a factor's runs; another one if the recordings or settings change."""
        drawing, settings = replace(BASE, **factor.drawing), self._settings(factor, 0)
        decisive = [str(self.audio.resolve()), asdict(drawing), asdict(settings), self.folds]
        digest = hashlib.sha256(json.dumps(decisive).encode()).hexdigest()
        return self.out / "runs" / f"{factor.folder}-{digest[:8]}"

    def _settings(self, factor: Factor, seed: int) -> Settings:
        epochs = {} if self.epochs is None else {"epochs": self.epochs}
        return Settings(**{**recipe("robust"), **factor.training, **epochs, "seed": seed})

    def _train(self, dataset: Path, run: FactorRun) -> "Run":
        """Train on a dataset, or resume its training."""
        from classify import backend

        backend.load()
        import keras

        from classify.training.training import train

        factor = run.factor
        folder = self._folder(factor)
        # The networks of an ensemble are where `train` would put them, and so are not trained.
        to = folder / run.name if factor.networks == 1 else folder
        settings = self._settings(factor, run.seed)
        folds = Folds(self.folds) if self.folds else None
        trained = train(dataset, to, settings, seeds=factor.networks, folds=folds, resume=True)
        keras.utils.clear_session()  # or memory would grow with every network
        return trained

    def _dataset(self, factor: Factor) -> Path:
        """Draw the dataset of a factor, unless that is done."""
        drawing = replace(BASE, **factor.drawing)
        if drawing not in self.drawn:
            self.drawn[drawing] = self._draw(drawing)
        return self.drawn[drawing]

    def _draw(self, drawing: Drawing) -> Path:
        from render.dataset import render
        from render.parallel import Executor
        from render.settings import Settings as RenderSettings
        from render.worker import RenderPlan

        dataset = self.out / "pictures" / drawing.name
        settings = RenderSettings(feature=drawing.feature, seconds=drawing.seconds)
        plan = RenderPlan(dataset=dataset, settings=settings, variants=drawing.variants)
        render(self._recordings(drawing), plan, Executor(jobs=self.jobs))
        return dataset

    def _recordings(self, drawing: Drawing) -> Path:
        """The recordings to draw, with copies beside them if the drawing has some."""
        if not drawing.forge:
            return self.audio
        from render.copysynthesis.copysynthesis import copy_dataset
        from render.copysynthesis.plan import CopyOptions

        return copy_dataset(
            self.audio, self.out / "forged", CopyOptions(copies=recordings.COPIES), jobs=self.jobs
        ).corpus.top
