"""A stand-in for SageMaker and CloudWatch Logs on loopback, for demonstrations and tests.

A program (`python -m tests.standin --help`), an object (`tests.standin.app.StandIn`) and a client for its control
endpoint (`tests.standin.control.Control`). README.md in this folder explains it.
"""
