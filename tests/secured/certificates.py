"""Certificates that a test makes: an authority, and what it signs."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from pathlib import Path

HERE = "127.0.0.1"
_DAY = timedelta(days=1)
Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority: its certificate is the file `ca`, for clients to trust."""

    name: str
    folder: Path
    key: Key

    @classmethod
    def new(cls, name: str, folder: Path) -> Authority:
        """Make one, whose certificate signs itself."""
        made = cls(name, folder, ec.generate_private_key(ec.SECP256R1()))
        made.ca.write_bytes(_pem(made._certificate(name, made.key, None, is_expired=False)))
        return made

    @property
    def ca(self) -> Path:
        return self.folder / f"{self.name}-ca.pem"

    def server(self, name: str, host: str = HERE, *, is_expired: bool = False) -> Path:
        """Return a file with a server's key and its certificate for a host."""
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        made = self.folder / f"{name}.pem"
        certificate = self._certificate(name, key, host, is_expired=is_expired)
        made.write_bytes(_pem(certificate) + private)
        made.chmod(0o600)
        return made

    def _certificate(
        self, name: str, key: Key, host: str | None, *, is_expired: bool
    ) -> x509.Certificate:
        end = datetime.now(UTC) + (-_DAY if is_expired else _DAY)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name(self.name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - 30 * _DAY)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
        )
        if host is None:
            usage = x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            )
            builder = builder.add_extension(usage, critical=True)
        else:
            both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_alternative(host)]), critical=False
            ).add_extension(x509.ExtendedKeyUsage(both), critical=False)
        return builder.sign(self.key, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
