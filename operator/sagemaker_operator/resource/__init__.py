"""How Model and EndpointConfig objects are reconciled: one code, the difference in a table (`words`). Pure.

`decide.decide` and `decide.followed` are what the other parts of the operator call.
"""
