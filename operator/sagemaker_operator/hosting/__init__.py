"""HostingDeployment: an endpoint, kept by Model and EndpointConfig objects as its revisions.

`decide` is the way in. Every module here is pure: none talks to AWS or Kubernetes, sleeps or reads a clock.
"""
