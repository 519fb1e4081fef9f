import keras
import numpy as np
import pytest

from classify.models.resnet import _block


@pytest.mark.parametrize(("filters", "stride"), [(3, 1), (3, 2), (4, 1)])
def test_a_block_that_finds_nothing_hands_on_what_came(filters, stride):
    entry = keras.Input((6, 5, 3))
    block = keras.Model(entry, _block(entry, filters, stride))
    convolutions = [one for one in block.layers if isinstance(one, keras.layers.Conv2D)]
    for one in convolutions:
        kernel = np.zeros(one.kernel.shape)
        if kernel.shape[:2] == (1, 1):  # the way past, where the shape changes
            kernel[0, 0, :3, :3] = np.eye(3)
        one.set_weights([kernel])
    features = np.random.default_rng(0).uniform(0, 1, (2, 6, 5, 3)).astype("float32")
    found = np.asarray(block(features))[..., :3]
    # What a fresh normalisation divides by: 1 / sqrt(1 + 0.001).
    scale = 1 if (filters, stride) == (3, 1) else 1.001**-0.5
    np.testing.assert_allclose(found, scale * features[:, ::stride, ::stride], rtol=1e-5)
