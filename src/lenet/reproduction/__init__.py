"""The experiment of 1998: its trainings, their results, pictures and report."""
