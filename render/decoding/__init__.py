"""Files in whatever format to samples, in blocks, within a time limit."""
