"""The operator: brings the custom resources of a cluster and SageMaker together."""
