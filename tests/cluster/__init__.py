"""A real Kubernetes control plane (kube-apiserver and etcd) on loopback, for the demo and the tests.

Run ``python -m tests.cluster --help``, or use `tests.cluster.controlplane.ControlPlane` from Python.

What it is: the unmodified programs, with RBAC, admission and token issuing as in any cluster.
What it is not: there are no nodes, no scheduler and no controller manager. So nobody creates the ``default``
service account of a namespace (and without it no pod is admitted), a deleted namespace stays ``Terminating``,
owner references are not collected, and the aggregated roles ``admin``, ``edit`` and ``view`` grant nothing.
"""
