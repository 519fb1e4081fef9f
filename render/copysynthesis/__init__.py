"""Fakes of real recordings: vocoders, and a folder of copies beside its originals."""
