"""The table of what adapt gains and costs, with an adaptation that is made up."""

import pytest
import soundfile

from benchmarks import adapt


@pytest.fixture
def corpus(tmp_path, bright, dull):
    """Give a test split of two sources, of which one is real alone."""
    rows = ["path,label,split,source"]
    for number in range(3):
        rows.append(f"phone-{number}.wav,real,test,phone")
        rows.append(f"page-{number}.wav,fake,test,page")
        soundfile.write(tmp_path / f"phone-{number}.wav", bright[:32_000], 16_000)
        soundfile.write(
            tmp_path / f"page-{number}.wav", (bright, dull)[number > 1][:32_000], 16_000
        )
    (tmp_path / "manifest.csv").write_text("\n".join(rows))
    return tmp_path


@pytest.mark.parametrize("helps", [True, False])
def test_the_rest_of_the_source_and_all_others_are_judged(
    helps, corpus, hand_set, make_run, monkeypatch, capsys
):
    given = []

    def made_up(words):
        audio, _, to, _, run = words
        given.append((len(list(adapt.Path(audio).iterdir())), run))
        if helps:  # a run that takes all for real
            make_run(adapt.Path(to), calibration={"slope": 1.0, "offset": 99.0})
        return 0

    monkeypatch.setattr(adapt, "adapt", made_up)
    words = [str(corpus), "--run", str(hand_set), "--sources", "phone", "--count", "2"]
    assert adapt.main(words) == 0
    assert given == [(2, str(hand_set))]
    row = capsys.readouterr().out.splitlines()[1].split()
    # One of three fakes is dull, which this run takes for real.
    alarms, misses = (0.0, 100.0) if helps else (100.0, 33.3)
    assert row[:2] == ["phone", "1"]
    assert [float(row[2]), float(row[4])] == [100.0, alarms]
    assert [float(row[5]), float(row[7])] == [33.3, misses]
    assert ("not adapted" in " ".join(row)) == (not helps)


def test_a_source_with_too_few_recordings_is_refused(corpus, hand_set, capsys):
    assert adapt.main([str(corpus), "--run", str(hand_set), "--sources", "phone"]) == 2
    expected = "expected more than 30 real recordings of phone in testing, got 3"
    assert expected in capsys.readouterr().err
