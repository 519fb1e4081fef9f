"""Downloads from Kaggle and from the Hugging Face Hub, by the library of each.

Both libraries continue an interrupted download by themselves.
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
    """Download a dataset from Kaggle, whose library unpacks it.

    Parameters
    ----------
    handle : str
        ``owner/name``.
    folder : Path
        Target folder; an earlier download in it is continued.

    Returns
    -------
    tree : Path
        Folder of the dataset, below `folder`.

    Raises
    ------
    ConnectionError
        If Kaggle cannot be reached or refuses the dataset.
    """
    import kagglehub

    logging.getLogger("kagglehub").setLevel(logging.WARNING)  # it prints on standard output
    # A download into its cache can be continued, one into its `output_dir` cannot.
    before = os.environ.get("KAGGLEHUB_CACHE")
    os.environ["KAGGLEHUB_CACHE"] = str(folder.resolve())
    try:
        with _connection_errors(f"Kaggle to give {handle}", KAGGLE):
            return Path(kagglehub.dataset_download(handle))
    finally:
        if before is None:
            del os.environ["KAGGLEHUB_CACHE"]
        else:
            os.environ["KAGGLEHUB_CACHE"] = before


def from_hub(source: str, folder: Path, name: str | None = None) -> Path:
    """Download one file or all files of a dataset on the Hub.

    Parameters
    ----------
    source : str
        ``owner/name@revision``.
    folder : Path
        Target folder; an earlier download in it is continued.
    name : str, optional
        One file of the repository. Default: all files.

    Returns
    -------
    path : Path
        The file, or `folder`.

    Raises
    ------
    ConnectionError
        If the Hub cannot be reached or refuses the dataset.
    """
    import huggingface_hub
    from huggingface_hub.errors import GatedRepoError
    from huggingface_hub.utils import disable_progress_bars

    if not sys.stderr.isatty():
        disable_progress_bars()
    endpoint = os.environ.get("HF_ENDPOINT", HUGGING_FACE)
    repository, _, revision = source.partition("@")
    arguments: dict[str, Any] = {
        "repo_id": repository,
        "repo_type": "dataset",
        "revision": revision,
        "local_dir": folder,
        "endpoint": endpoint,
    }
    with _connection_errors(f"the Hub to give {repository}", endpoint):
        try:
            if name is not None:
                return Path(huggingface_hub.hf_hub_download(filename=name, **arguments))
            return Path(huggingface_hub.snapshot_download(**arguments))
        except GatedRepoError:
            raise PermissionError(
                f"no access; accept its terms at {endpoint}/datasets/{repository}, then log in "
                "with .venv/bin/hf auth login"
            ) from None


@contextmanager
def _connection_errors(expected: str, endpoint: str) -> Iterator[None]:
    """Translate every error to a ConnectionError of one line, after a check that the site answers.

    All errors are translated, because the libraries share no base class and change their HTTP
    library from version to version.
    """
    import requests

    try:
        requests.head(endpoint, headers={"User-Agent": AGENT}, timeout=TIMEOUT[0])
        yield
    except Exception as error:
        raise ConnectionError(f"expected {expected}, got: {cause(error)}") from error
