"""The core shared by kubectl-smlogs and the operator.

Nothing is re-exported here: a program imports the module it needs and pays for no other.
"""

__version__ = "0.1.0"
