"""Fixtures of tiny datasets: empty files and tables, because no layout opens audio."""

from collections import Counter
from types import SimpleNamespace

import pytest

from render.layouts.registry import Ignored, find
from render.recording import Failure, Recording


@pytest.fixture
def tree(tmp_path):
    """Return a function that makes empty files by name, and tables from their text or bytes."""

    def make(*names, tables=None):
        root = tmp_path / "audio"
        contents = dict.fromkeys(names, b"") | (tables or {})
        for name, content in contents.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        root.mkdir(exist_ok=True)
        return root

    return make


@pytest.fixture(scope="session")
def scan():
    """Return a function that finds a dataset's items and sorts them by kind."""

    def sort(audio, layout=None):
        items = list(find(audio, layout))
        recordings = {item.name: item for item in items if isinstance(item, Recording)}
        return SimpleNamespace(
            recordings=recordings,
            placed={name: (item.split, item.label) for name, item in recordings.items()},
            failures={item.recording: item.reason for item in items if isinstance(item, Failure)},
            ignored=Counter(item.suffix for item in items if isinstance(item, Ignored)),
            count=sum(isinstance(item, Recording) for item in items),
        )

    return sort
