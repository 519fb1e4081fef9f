import threading
import time

import numpy as np
import pytest

from detect.windows import BATCH, Batch, draw_batches, score_batches
from render.clips import Clip
from render.decoding.deadline import Deadline
from render.settings import Settings
from render.spectrogram import draw

SETTINGS = Settings(seconds=1.0, window=512, hop=256)


def batches(count):
    return [Batch(np.array([n]), np.array([1.0]), np.full((1, 2, 2), n)) for n in range(count)]


def test_scores_come_with_their_batches_in_order():
    scored = list(score_batches(batches(5), lambda images: images[:, 0] + 10))
    assert [batch.start[0] for batch, _ in scored] == [0, 1, 2, 3, 4]
    assert [raw[0, 0] for _, raw in scored] == [10, 11, 12, 13, 14]
    assert list(score_batches([], lambda images: images)) == []


def test_the_next_batch_is_drawn_while_one_is_scored():
    drawn_second = threading.Event()

    def drawing():
        yield batches(1)[0]
        drawn_second.set()
        yield batches(2)[1]

    def score(images):
        assert drawn_second.wait(10)
        return images[:, 0]

    assert len(list(score_batches(drawing(), score))) == 2


def test_the_networks_are_loaded_while_the_first_batch_is_drawn():
    loaded = threading.Event()

    def drawing():
        assert loaded.wait(10)
        yield batches(1)[0]

    assert len(list(score_batches(drawing(), lambda images: images[:, 0], loaded.set))) == 1


def test_no_more_than_two_batches_wait():
    """However slow the network is, pictures do not pile up."""
    drawn = []

    def drawing():
        for batch in batches(6):
            drawn.append(batch.start[0])
            yield batch

    results = score_batches(drawing(), lambda images: time.sleep(0.01))
    next(results)
    assert drawn == [0, 1]


def test_an_error_of_the_network_is_raised():
    def score(images):
        raise ValueError("expected a network")

    with pytest.raises(ValueError, match="expected a network"):
        list(score_batches(batches(3), score))


def clips(samples, count):
    for number in range(count):
        yield Clip(samples[:16_000].astype(np.float32), float(number), 1.0)


def test_clips_are_drawn_in_batches_and_those_without_speech_left_out(bright):
    noise = np.random.default_rng(0).standard_normal(16_000)
    mixed = [*clips(bright, BATCH + 1), *clips(noise, 3), *clips(bright, 1)]
    drawn = list(draw_batches(mixed, SETTINGS, Deadline()))
    assert [len(batch.images) for batch in drawn] == [BATCH, 2]
    assert drawn[0].start.tolist() == list(range(BATCH))
    np.testing.assert_array_equal(drawn[1].images[1], draw(mixed[0].samples, SETTINGS))


def test_it_ends_when_time_is_over(bright):
    deadline = Deadline(time.monotonic() + 0.05)

    def slow():
        for clip in clips(bright, 3 * BATCH):
            yield clip
            time.sleep(0.01)

    with pytest.raises(ValueError, match="expected a recording that is read in"):
        list(draw_batches(slow(), SETTINGS, deadline))
