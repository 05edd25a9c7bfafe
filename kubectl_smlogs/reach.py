"""How to reach the cluster: from kubectl's connection flags to what `smkube.kube` takes."""

from __future__ import annotations

from kubectl_smlogs.values import Values
from smkube.kube.kubeconfig import Overrides


def overrides(values: Values) -> Overrides:
    """The connection flags.

    Raises:
        UsageError: one of them cannot be used.
    """
    text = values.text
    return Overrides(
        kubeconfig=text("kubeconfig"),
        context=text("context"),
        cluster=text("cluster"),
        user=text("user"),
        namespace=text("namespace"),
        server=text("server"),
        token=text("token"),
        username=text("username"),
        password=text("password"),
        certificate_authority=text("certificate-authority"),
        client_certificate=text("client-certificate"),
        client_key=text("client-key"),
        tls_server_name=text("tls-server-name"),
        insecure_skip_tls_verify=values.switch("insecure-skip-tls-verify"),
        as_user=text("as"),
        as_groups=values.texts("as-group"),
        as_uid=text("as-uid"),
        as_user_extra=_extra(values),
        request_timeout=values.seconds("request-timeout") or 0.0,
    )


def _extra(values: Values) -> tuple[tuple[str, str], ...]:
    pairs = []
    for text in values.texts("as-user-extra"):
        key, equals, value = text.partition("=")
        if not key or not equals:
            needed = "a key and a value are needed, as in --as-user-extra reason=debugging"
            raise values.given["as-user-extra"].wrong(text, needed)
        pairs.append((key, value))
    return tuple(pairs)
