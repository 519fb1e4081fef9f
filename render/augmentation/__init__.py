"""Variants of a sound: noise, rooms, bands, levels, rates and codecs."""
