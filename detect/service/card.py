"""The card of the run that a service uses: what it is, and how well it did."""

import json
from pathlib import Path
from typing import Any

from classify.runs.run import FORMAT, Run

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
        "fingerprint": run.fingerprint,
        "demonstration": run.demonstration,
        "versions": run.versions,
        "validation": run.validation,
        **{name: _read(run.folder / path) for name, path in _FILES.items()},
    }


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ValueError(f"expected JSON in {path}, got {error}") from error
