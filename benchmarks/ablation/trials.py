"""One factor of an ablation with one seed: draw, train, judge, and note that it is finished."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.ablation.factors import BASE, Drawing, Factor
from benchmarks.support import timing
from benchmarks.support.timing import SPLITS
from classify.settings import Settings, recipe

if TYPE_CHECKING:
    from benchmarks.support.system_scores import SystemScores
    from classify.runs.run import Run

LEFT_OUT = "sources left out"
FOLDS = 4


class Trial(NamedTuple):
    """A factor with a seed; an ensemble is made of the base's networks, from that seed on."""

    factor: Factor
    seed: int

    @property
    def name(self) -> str:
        """Name among those of the factor."""
        return f"seed-{self.seed}" if self.factor.networks == 1 else "ensemble"


@dataclass(frozen=True)
class Study:
    """What all trials have in common.

    Attributes
    ----------
    audio : Path
        What ``./run.sh render`` takes.
    out : Path
    splits : tuple of str
        What is judged: of `SPLITS`, or `LEFT_OUT` alone.
    seeds : int
        How many the base has, from 0.
    epochs : int or None
        None for those of the recipe.
    folds : int
        To leave sources out; 0 for the given splits.
    jobs : int
        Processes that draw; -1 for one a core.
    drawn : dict
        Datasets that are up to date, by how they are drawn.
    """

    audio: Path
    out: Path
    splits: tuple[str, ...]
    seeds: int
    epochs: int | None
    folds: int
    jobs: int
    drawn: dict[Drawing, list[Path]] = field(default_factory=dict)

    def finished(self, trial: Trial) -> "dict[str, SystemScores]":
        """Read what was judged, by split; nothing of a trial that has not come that far."""
        from benchmarks.support.system_scores import SystemScores

        path = self._note(trial)
        known = json.loads(path.read_text()) if path.is_file() else {}
        return {split: SystemScores.read(columns) for split, columns in known.items()}

    def carry_out(self, trial: Trial) -> "dict[str, SystemScores]":
        """Train and judge, as far as that is not done; once it is, `finished` finds it.

        Parameters
        ----------
        trial : Trial

        Returns
        -------
        judged : dict of str to SystemScores
            By split.

        Raises
        ------
        ValueError
            If it cannot be drawn, trained or judged, or there are too few seeds for an ensemble.
        """
        from benchmarks.support.system_scores import join, judge
        from classify.files import atomic_write

        factor = trial.factor
        if factor.networks > self.seeds:
            raise ValueError(f"expected {factor.networks} seeds or more, got {self.seeds}")
        datasets, found = self._datasets(factor), self.finished(trial)
        runs = [self._train(images, trial, number) for number, images in enumerate(datasets)]
        above = timing.name_prefix(self.audio) if factor.drawing.get("forge") else ""
        for split in self.splits:
            if split not in found:
                ours = SPLITS.get(split, "test")
                pairs = zip(datasets, runs, strict=True)
                found[split] = join([judge(images, run, ours, above) for images, run in pairs])
        known = {split: one.columns for split, one in found.items()}
        atomic_write(self._note(trial), json.dumps(known).encode())
        return found

    def _note(self, trial: Trial) -> Path:
        """The file that says that a trial is finished."""
        return self._folder(trial.factor) / f"{trial.name}.json"

    def _folder(self, factor: Factor) -> Path:
        """Where the runs of a factor are: elsewhere when anything that decides them changes."""
        drawing, settings = replace(BASE, **factor.drawing), self._settings(factor, 0)
        decisive = [str(self.audio.resolve()), asdict(drawing), asdict(settings), self.folds]
        digest = hashlib.sha256(json.dumps(decisive).encode()).hexdigest()
        return self.out / "runs" / f"{factor.folder}-{digest[:8]}"

    def _settings(self, factor: Factor, seed: int) -> Settings:
        epochs = {} if self.epochs is None else {"epochs": self.epochs}
        return Settings(**{**recipe("robust"), **factor.training, **epochs, "seed": seed})

    def _train(self, dataset: Path, trial: Trial, number: int) -> "Run":
        """Train on a dataset, or go on with what is there."""
        from classify import backend

        backend.load()
        import keras

        from classify.training.training import train

        factor = trial.factor
        folder = self._folder(factor) / (f"fold-{number}" if self.folds else "")
        # The networks of an ensemble are where `train` would put them, and so are not trained.
        to = folder / trial.name if factor.networks == 1 else folder
        settings = self._settings(factor, trial.seed)
        run = train(dataset, to, settings, seeds=factor.networks, resume=True)
        keras.utils.clear_session()  # or memory would grow with every network
        return run

    def _datasets(self, factor: Factor) -> list[Path]:
        """Draw what a factor is trained on, unless that is done: a dataset, or one a fold."""
        drawing = replace(BASE, **factor.drawing)
        if drawing not in self.drawn:
            images = self._draw(drawing)
            self.drawn[drawing] = [images]
            if self.folds:
                from benchmarks.ablation.folds import arrange

                to = self.out / "folds" / f"{drawing.name}-{self.folds}"
                self.drawn[drawing] = arrange(images, to, self.folds, drawing.forge)
        return self.drawn[drawing]

    def _draw(self, drawing: Drawing) -> Path:
        from render.dataset import render
        from render.parallel import Executor
        from render.settings import Settings as How
        from render.worker import RenderPlan

        images = self.out / "pictures" / drawing.name
        how = How(feature=drawing.feature, seconds=drawing.seconds)
        plan = RenderPlan(dataset=images, settings=how, variants=drawing.variants)
        render(self._recordings(drawing), plan, Executor(jobs=self.jobs))
        return images

    def _recordings(self, drawing: Drawing) -> Path:
        """What is drawn: the recordings, perhaps with copies beside them."""
        if not drawing.forge:
            return self.audio
        from render.copysynthesis.copysynthesis import forge
        from render.copysynthesis.plan import CopyOptions

        return forge(
            self.audio, self.out / "forged", CopyOptions(copies=timing.COPIES), jobs=self.jobs
        ).corpus.top
