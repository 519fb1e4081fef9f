"""Samples to rows of a picture: one module for each kind of spectrogram, and the grey scale.

SciPy takes half a second to load. `linear` and `comb`, which the default recipe draws, do without;
the other modules import the package as a whole, which loads its parts on first use.
"""
