"""`classify` works on any two-class picture folder, with no audio library to be had."""

import subprocess
import sys
import textwrap

import pytest

BLOCKED = ("librosa", "soundfile", "soxr", "av", "audioread", "render")


@pytest.mark.slow
def test_two_made_up_classes_without_any_audio_library(make_pictures, tmp_path):
    images = make_pictures(tmp_path / "images", classes=("cirrus", "stratus"), count=4)
    program = textwrap.dedent(
        f"""
        import sys

        class Blocker:
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] in {BLOCKED!r}:
                    raise ImportError(f"{{name}} is not to be had")

        sys.meta_path.insert(0, Blocker())
        from classify.cli import main

        images, run = {str(images)!r}, {str(tmp_path / "run")!r}
        quick = ["--recipe", "plain", "--epochs", "1", "--batch-size", "4"]
        assert main(["train", images, "--to", run, *quick]) == 0
        quick = ["--explain-pictures", "0", "--resamples", "10"]
        assert main(["evaluate", images, "--run", run, *quick]) == 0
        assert main(["predict", images + "/test/stratus/00.png", "--run", run]) == 0
        try:
            import render
        except ImportError:
            print("blocked indeed")
        """
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "blocked indeed" in ended.stdout
    prediction = ended.stdout.splitlines()[-2]
    assert prediction.split()[0] in ("cirrus", "stratus", "uncertain")
    assert "P(stratus)" in prediction
    assert "do not say which is fake: stratus is the positive class;" in ended.stderr
    assert "tensorflow" not in ended.stderr.lower(), "its noise belongs to nobody"
    assert "cuda" not in ended.stderr.lower()
