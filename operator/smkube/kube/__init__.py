"""The Kubernetes side of the core: the only package that imports `kubernetes` and `urllib3`."""
