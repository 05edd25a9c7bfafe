"""The log engine: pure rules about streams, windows, repetitions and order, and the loop that follows a log.

Nothing in here speaks to AWS; `smkube.aws.logs` reads, and hands over what `model.LogSource` asks for.
"""
