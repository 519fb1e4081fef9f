"""Pictures to raw scores, and scores to verdicts."""
