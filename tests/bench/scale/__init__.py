"""What the operator costs by the number of its objects: `python -m tests.bench.scale`."""
