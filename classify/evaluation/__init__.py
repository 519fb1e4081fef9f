"""A run and a split to an evaluation; two runs to a comparison."""
