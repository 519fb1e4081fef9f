"""What else than speech tells the classes of a dataset apart."""
