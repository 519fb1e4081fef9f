import keras
import numpy as np

from classify.models.lcnn import STAGES, features
from classify.settings import Settings


def test_everywhere_the_larger_of_two_filters_is_kept():
    pictures = keras.Input((32, 20, 1))
    body = keras.Model(pictures, features(pictures, Settings(model="lcnn")))
    choices = [one for one in body.layers if isinstance(one, keras.layers.Maximum)]
    assert len(choices) == len(STAGES) + 1  # and the dense layer's
    first = choices[0]
    both = keras.Model(pictures, [*first.input, first.output])
    image = np.random.default_rng(0).uniform(0, 255, (1, 32, 20, 1)).astype("float32")
    a, b, kept = (np.asarray(one) for one in both(image))
    assert kept.shape == (1, 16, 10, STAGES[0][0])
    np.testing.assert_array_equal(kept, np.maximum(a, b))
    assert 0.1 < (kept == a).mean() < 0.9  # neither filter always wins
