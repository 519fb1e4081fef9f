from pathlib import Path

import pytest

from classify.files import atomic_write, writing


def test_what_cannot_be_written_is_named_and_leaves_nothing_behind(tmp_path, monkeypatch):
    path = tmp_path / "e.png"
    path.write_bytes(b"old")

    def fill_disk(part, _data):
        part.touch()
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.write_bytes", fill_disk)
        with pytest.raises(OSError, match=f"^expected to write {path}, got: No space left on dev"):
            atomic_write(path, b"new")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("e.png", b"old")]
    atomic_write(path, b"new")
    assert path.read_bytes() == b"new"
    with pytest.raises(OSError, match=r"^expected to write .*gone/e.png, got: No such file"):
        atomic_write(tmp_path / "gone/e.png", b"new")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(28, "No space left on device"), "^expected to write RUN, got: No space left on"),
        (OSError(2, "No such file", "a.png"), "No such file: 'a.png'$"),
        (OSError(32, "Broken pipe"), r"^\[Errno 32\] Broken pipe$"),
        (OSError("expected to write a.png"), "^expected to write a.png$"),
    ],
)
def test_an_error_without_a_path_gets_that_of_the_folder(error, message):
    with pytest.raises(OSError, match=message), writing(Path("RUN")):
        raise error
