"""Programs that measure what the operator costs, against a real API server and the AWS stand-in."""
