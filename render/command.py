"""The command that draws pictures with given settings."""

import shlex
from dataclasses import asdict
from typing import Any

from render.settings import Settings


def command(settings: Settings) -> str:
    """Write the command that draws with these settings.

    Returns
    -------
    command : str
        For ``AUDIO`` and ``IMAGES``, with the representation and all options that differ from
        its defaults.

    Examples
    --------
    >>> command(Settings(feature="mel"))
    './run.sh render AUDIO --to IMAGES --feature=mel'
    >>> command(Settings(feature="mfcc", cepstrum_range=20.0))
    './run.sh render AUDIO --to IMAGES --feature=mfcc --cepstrum-range=20.0'
    >>> command(Settings(feature="mel", window=1024, floor=-80, trim=None))
    './run.sh render AUDIO --to IMAGES --feature=mel --window=1024 --floor=-80.0 --no-trim'
    """
    defaults = asdict(Settings(feature=settings.feature)) | {"feature": None}
    options = [
        _option(name, value)
        for name, value in asdict(settings).items()
        if name != "version" and value != defaults[name]
    ]
    return shlex.join(["./run.sh", "render", "AUDIO", "--to", "IMAGES", *options])


def _option(name: str, value: Any) -> str:
    option = name.replace("_", "-")
    if value is None:
        return f"--no-{option}"
    return f"--{option}" if value is True else f"--{option}={value}"
