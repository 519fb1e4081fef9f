"""Recordings by the ten thousand: a table that survives every interruption."""
