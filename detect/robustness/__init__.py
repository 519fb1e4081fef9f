"""Recordings degraded by codecs, noise and rooms: what is left of a detector."""
