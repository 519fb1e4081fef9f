"""Folders of recordings, however they are laid out, to recordings with label and split."""
