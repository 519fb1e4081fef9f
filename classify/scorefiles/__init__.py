"""Score files and keys of any system, in the formats of the field."""
