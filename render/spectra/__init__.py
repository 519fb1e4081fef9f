"""Samples to rows of a picture: one module for each kind of spectrogram, and the grey scale.

They import all of SciPy, which loads its parts when they are first used: half a second that a run
with nothing to draw does not need.
"""
