"""The AWS side of the core: the only package that imports `boto3` and `botocore`."""
