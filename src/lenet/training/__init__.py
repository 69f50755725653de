"""Training: recipes, the trainer that yields events, schedules, checkpoints and the history of a run."""
