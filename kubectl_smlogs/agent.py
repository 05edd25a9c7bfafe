"""How the plugin presents itself to the API server and to AWS."""

from __future__ import annotations

from smkube import __version__

USER_AGENT = f"kubectl-smlogs/{__version__}"
