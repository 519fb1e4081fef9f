"""Datasets on Kaggle and on the Hugging Face Hub, through the library made for each.

Both libraries go on with an interrupted download by themselves.
"""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from render.downloads.http import AGENT, TIMEOUT, cause

KAGGLE = "https://www.kaggle.com"
HUGGING_FACE = "https://huggingface.co"


def from_kaggle(handle: str, folder: Path) -> Path:
    """Fetch a dataset from Kaggle, which unpacks it itself.

    Parameters
    ----------
    handle : str
        ``owner/name``.
    folder : Path
        Where to put it; what is there of an earlier try is gone on with.

    Returns
    -------
    tree : Path
        The dataset, somewhere below `folder`.

    Raises
    ------
    ConnectionError
        If Kaggle cannot be reached or does not give it.
    """
    import kagglehub

    logging.getLogger("kagglehub").setLevel(logging.WARNING)  # it talks on standard output
    # Its `output_dir` does not go on with an interrupted download; its cache does.
    before = os.environ.get("KAGGLEHUB_CACHE")
    os.environ["KAGGLEHUB_CACHE"] = str(folder.resolve())
    try:
        with _explained(f"Kaggle to give {handle}", KAGGLE):
            return Path(kagglehub.dataset_download(handle))
    finally:
        if before is None:
            del os.environ["KAGGLEHUB_CACHE"]
        else:
            os.environ["KAGGLEHUB_CACHE"] = before


def from_hub(source: str, folder: Path, name: str | None = None) -> Path:
    """Fetch a file or all files of a dataset on the Hub.

    Parameters
    ----------
    source : str
        ``owner/name@revision``.
    folder : Path
        Where to put it; what is there of an earlier try is gone on with.
    name : str, optional
        Of one file in the repository.

    Returns
    -------
    path : Path
        The file, or `folder`.

    Raises
    ------
    ConnectionError
        If the Hub cannot be reached or does not give it.
    """
    import huggingface_hub
    from huggingface_hub.errors import GatedRepoError
    from huggingface_hub.utils import disable_progress_bars

    if not sys.stderr.isatty():
        disable_progress_bars()
    endpoint = os.environ.get("HF_ENDPOINT", HUGGING_FACE)
    repository, _, revision = source.partition("@")
    which: dict[str, Any] = {
        "repo_id": repository,
        "repo_type": "dataset",
        "revision": revision,
        "local_dir": folder,
        "endpoint": endpoint,
    }
    with _explained(f"the Hub to give {repository}", endpoint):
        try:
            if name is not None:
                return Path(huggingface_hub.hf_hub_download(filename=name, **which))
            return Path(huggingface_hub.snapshot_download(**which))
        except GatedRepoError:
            raise PermissionError(
                f"no access; accept its terms at {endpoint}/datasets/{repository}, then log in "
                "with .venv/bin/hf auth login"
            ) from None


@contextmanager
def _explained(what: str, endpoint: str) -> Iterator[None]:
    """Say on one line what went wrong, after checking at once that the place answers at all.

    Whatever is raised is translated, for the libraries share no base class and their HTTP library
    changes from version to version.
    """
    import requests

    try:
        requests.head(endpoint, headers={"User-Agent": AGENT}, timeout=TIMEOUT[0])
        yield
    except Exception as error:
        raise ConnectionError(f"expected {what}, got: {cause(error)}") from error
