"""Certificates."""

import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

from tests.cluster.certs import ensure_pki

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def test_certificates_fit_together(tmp_path: Path) -> None:
    """Both certificates are signed by the authority, and each key belongs to its certificate."""
    pki = ensure_pki(tmp_path / "pki", NOW)
    authority = x509.load_pem_x509_certificate(pki.ca.read_bytes())
    for cert_file, key_file in ((pki.server_cert, pki.server_key), (pki.admin_cert, pki.admin_key)):
        certificate = x509.load_pem_x509_certificate(cert_file.read_bytes())
        certificate.verify_directly_issued_by(authority)
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        assert key.public_key() == certificate.public_key()


def test_subjects_are_as_kubernetes_reads_them(tmp_path: Path) -> None:
    """The administrator is in the group of all rights, and the server answers to loopback's names."""
    pki = ensure_pki(tmp_path, NOW)
    admin = x509.load_pem_x509_certificate(pki.admin_cert.read_bytes()).subject
    assert admin.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "system:masters"
    server = x509.load_pem_x509_certificate(pki.server_cert.read_bytes())
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]


def test_files_are_private(tmp_path: Path) -> None:
    """Nobody but the owner can read a key."""
    pki = ensure_pki(tmp_path, NOW)
    assert {path.stat().st_mode & 0o777 for path in pki.files()} == {0o600}


@pytest.mark.parametrize(("days", "renewed"), [(1, False), (334, False), (336, True), (500, True)])
def test_certificates_are_renewed_before_they_end(tmp_path: Path, days: int, renewed: bool) -> None:
    """They are kept as long as they last at least thirty more days, and replaced after that."""
    before = ensure_pki(tmp_path, NOW).ca.read_bytes()
    after = ensure_pki(tmp_path, NOW + dt.timedelta(days=days)).ca.read_bytes()
    assert (before != after) == renewed


def test_a_missing_file_is_made_good(tmp_path: Path) -> None:
    """If one file is lost all are made anew, so that they fit together."""
    pki = ensure_pki(tmp_path, NOW)
    before = pki.ca.read_bytes()
    pki.admin_key.unlink()
    ensure_pki(tmp_path, NOW)
    assert pki.admin_key.exists()
    assert pki.ca.read_bytes() != before
