"""Samples to rows of a picture: one module for each kind of spectrogram, and the grey scale."""
