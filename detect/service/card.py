"""The card of the run that a service uses: what it is, and how well it did."""

from typing import Any

from classify.class_names import is_fake_known
from classify.files import read_json
from classify.runs.run import FORMAT, Run
from classify.runs.short_card import short_card

_FILES = {"metrics": "report/metrics.json", "provenance": "provenance.json"}


def card(run: Run) -> dict[str, Any]:
    """Describe a run in JSON's types.

    Parameters
    ----------
    run : Run

    Returns
    -------
    card : dict
        ``metrics`` and ``provenance`` are None where the run has no such file.
    """
    return {
        "name": run.folder.resolve().name,
        "format": FORMAT,
        "classes": list(run.classes),
        "threshold": run.threshold,
        "uncertain": list(run.uncertain),
        "networks": len(run.networks),
        "training": run.training,
        "training_ranges": run.training_ranges,
        "render": run.render_settings,
        "short_card": short_card(run.folder) if is_fake_known(run.classes) else [],
        "fingerprint": run.fingerprint,
        "demonstration": run.demonstration,
        "versions": run.versions,
        "validation": run.validation,
        **{name: read_json(run.folder / path) for name, path in _FILES.items()},
    }
