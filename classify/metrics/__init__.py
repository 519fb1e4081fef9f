"""Scores and labels to metrics, with their intervals, breakdown and calibration."""
