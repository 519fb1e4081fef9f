"""Audit of a dataset: confounders, duplicates and leakage between splits."""
