"""Samples to rows of a picture: one module for each kind of spectrogram, and the grey scale.

Modules import the package SciPy as a whole, which loads its parts on first use. A run with nothing
to draw so starts half a second sooner.
"""
