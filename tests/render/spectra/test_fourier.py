import numpy as np
import pytest
import scipy.fft

from render.spectra.fourier import fft, rfft

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("size", "n"), [(256, 256), (100, 256), (333, 333), (2_000, 4_001)])
def test_a_real_signal_has_scipys_spectrum_bit_by_bit(dtype, size, n):
    signal = RNG.standard_normal((3, size)).astype(dtype)
    spectrum = rfft(signal, n)
    np.testing.assert_array_equal(spectrum, scipy.fft.rfft(signal, n), strict=True)
    np.testing.assert_array_equal(rfft(signal.T, n, axis=0), spectrum.T)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_a_complex_signal_has_scipys_spectrum_bit_by_bit(dtype):
    signal = RNG.standard_normal((3, 200)).astype(dtype) * (1 + 2j)
    signal = signal.astype(dtype)
    np.testing.assert_array_equal(fft(signal), scipy.fft.fft(signal), strict=True)
