"""kubectl-smlogs: shows the CloudWatch logs of SageMaker jobs that are managed from Kubernetes."""
