"""The demonstration corpus: speech-like sounds made from a seed, and resynthesised fakes."""
