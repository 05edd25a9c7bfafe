"""The operator's engine: reflector, work queue, lease, events, metrics and health, none of which knows SageMaker."""
