"""Vocoders that resynthesise speech: classic ones, WORLD and HiFi-GAN, by name."""
