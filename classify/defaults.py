"""Defaults that the command line shares with the functions that it calls, at no cost to import."""

RESAMPLES = 1_000  # of the bootstrap
EXPLAINED_PICTURES = 60  # on which the faithfulness of explanations is measured
