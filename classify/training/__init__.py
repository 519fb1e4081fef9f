"""Settings and a dataset to a trained run."""
