import numpy as np
import pytest
import scipy.sparse

from render.spectra.sparse import jagged


@pytest.mark.parametrize("density", [0.0, 0.1, 1.0])
def test_a_product_is_scipys_bit_by_bit(density):
    rng = np.random.default_rng(0)
    dense = rng.standard_normal((40, 300)) * (rng.random((40, 300)) < density)
    matrix, vector = dense.astype(np.float32), rng.standard_normal(300).astype(np.float32)
    rows, columns = matrix.nonzero()
    product = jagged(matrix[rows, columns], rows, columns, len(matrix)) @ vector
    np.testing.assert_array_equal(product, scipy.sparse.csr_array(matrix) @ vector, strict=True)
