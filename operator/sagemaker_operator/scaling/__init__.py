"""How HostingAutoscalingPolicy objects are reconciled, with Application Auto Scaling. Pure.

`decide.decide` is what the other parts of the operator call.
"""
