"""Experiments: trainings with their files and reports."""
