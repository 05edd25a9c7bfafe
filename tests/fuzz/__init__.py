"""Fuzzing of all that comes from the cluster and from AWS, from seeds; `python -m tests.fuzz` tries many more."""
