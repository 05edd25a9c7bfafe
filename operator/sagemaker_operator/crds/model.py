"""The service models that ship with botocore, as botocore's own shape objects.

The only module of the generator that imports botocore. Models that a user keeps in the home folder are left
out, so that the result depends on the installed botocore alone.
"""

from __future__ import annotations

from functools import cache

from botocore.loaders import Loader
from botocore.model import ServiceModel


@cache
def service(name: str) -> ServiceModel:
    """The newest model of a service, for example `sagemaker`."""
    loader = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    return ServiceModel(loader.load_service_model(name, "service-2"), name)
