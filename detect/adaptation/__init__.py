"""Adaptation of a run to recordings of one's own."""
