"""Benchmarks: `python -m bench` for everything, `python -m bench.nlu` for the understanding alone. See README.md."""
