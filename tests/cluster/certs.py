"""Certificates and keys of a control plane, made with the `cryptography` package.

One certificate authority signs the serving certificate and the administrator's client certificate; its key is
forgotten at once, so nobody can sign more. It must not start anything or know of processes.
"""

import datetime as dt
import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

#: User and group of the administrator's certificate. The API server lets this group do everything
#: (Kubernetes documentation: "Using RBAC Authorization", user-facing roles).
ADMIN_USER: Final = "kubernetes-admin"
ADMIN_GROUP: Final = "system:masters"

_LIFETIME = dt.timedelta(days=365)
_RENEW_BEFORE = dt.timedelta(days=30)
# A little in the past: clocks of two machines or a virtual machine that was just resumed may differ.
_BACKDATE = dt.timedelta(hours=1)


class Pki:
    """The files of one control plane's certificates and keys, all under `folder`."""

    def __init__(self, folder: Path) -> None:
        self.ca = folder / "ca.crt"
        self.server_cert = folder / "server.crt"
        self.server_key = folder / "server.key"
        self.admin_cert = folder / "admin.crt"
        self.admin_key = folder / "admin.key"
        self.service_account_public = folder / "service-account.pub"
        self.service_account_key = folder / "service-account.key"

    def files(self) -> Sequence[Path]:
        """Return all files."""
        return tuple(vars(self).values())


def ensure_pki(folder: Path, now: dt.datetime) -> Pki:
    """Return the certificates in `folder`; make all of them if one is missing or ends within 30 days of `now`."""
    pki = Pki(folder)
    if not all(path.exists() for path in pki.files()) or _ends(pki.ca) - now < _RENEW_BEFORE:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(pki, now)
    return pki


def _ends(certificate: Path) -> dt.datetime:
    return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc


def _make(pki: Pki, now: dt.datetime) -> None:
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubectl-smlogs test authority")])
    authority = (
        _builder(authority_name, authority_name, authority_key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(sign_certificates=True), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))])
    server = [x509.NameAttribute(NameOID.COMMON_NAME, "kube-apiserver")]
    admin = [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, ADMIN_GROUP),
        x509.NameAttribute(NameOID.COMMON_NAME, ADMIN_USER),
    ]
    for cert, key_file, subject, usage, alternative in (
        (pki.server_cert, pki.server_key, server, ExtendedKeyUsageOID.SERVER_AUTH, names),
        (pki.admin_cert, pki.admin_key, admin, ExtendedKeyUsageOID.CLIENT_AUTH, None),
    ):
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            _builder(x509.Name(subject), authority_name, key, now)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(sign_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        )
        if alternative is not None:
            builder = builder.add_extension(alternative, critical=False)
        _write(key_file, _private_pem(key))
        _write(cert, builder.sign(authority_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    token_key = ec.generate_private_key(ec.SECP256R1())
    _write(pki.service_account_key, _private_pem(token_key))
    _write(pki.service_account_public, _public_pem(token_key))
    # Last, because its end is what decides whether the files are used again.
    _write(pki.ca, authority.public_bytes(serialization.Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATE)
        .not_valid_after(now + _LIFETIME)
    )


def _key_usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


def _public_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)
