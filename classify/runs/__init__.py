"""Trained runs: what is stored of one, and the network that answers from it."""
