"""Side-by-side measurements: `python -m benchmarks.NAME` in the checkout; results lie in `results/`."""
