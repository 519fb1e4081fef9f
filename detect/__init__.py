"""Sound to verdicts: recordings of any length, drawn as a run's pictures were and judged by it."""
