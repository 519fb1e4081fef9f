"""Public datasets, from the place where each is kept, to folders."""
