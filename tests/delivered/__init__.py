"""The delivered file, `kubectl-smlogs`, as users get it."""
