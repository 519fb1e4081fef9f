"""Augmentation of clips: speed, pitch, reverb, noise, band limits, gain, resampling, codecs."""
