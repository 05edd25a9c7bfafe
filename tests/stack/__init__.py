"""Everything together, for the demo, for `make up` and for tests: API server, AWS stand-in, CRDs, rights, operator."""
