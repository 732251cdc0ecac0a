"""How brokers are spoken to: in the clear or by TLS, as nobody or as somebody."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def nobody_answers(brokers: str) -> str:
    """What to tell, in one line, where no broker answers."""
    return f"no Kafka broker answers at {brokers}: start one (`make broker`) or set FLOWMART_BROKER"


@dataclass(frozen=True, slots=True)
class BrokerAccess:
    """The same for every client of a process."""

    tls: bool = False
    ca_file: Path | None = None
    """Who signed the brokers' certificates, in PEM; None: whom this machine trusts."""
    cert_file: Path | None = None
    """Our own certificate, in PEM, for brokers that want one."""
    key_file: Path | None = None
    """Its key."""
    user: str | None = None
    """None: brokers ask for no login."""
    password: str | None = field(default=None, repr=False)
    mechanism: str = "SCRAM-SHA-512"

    def options(self) -> dict[str, Any]:
        """What every client of aiokafka is made with. Brokers' names are checked.

        Raises:
            ValueError: something is missing, or a file is no certificate, or not its key.
        """
        self._check()
        protocol = "SSL" if self.tls else "PLAINTEXT"
        context = self._context() if self.tls else None
        if self.user is None:
            return {"security_protocol": protocol, "ssl_context": context}
        return {
            "security_protocol": f"SASL_{protocol}",
            "ssl_context": context,
            "sasl_mechanism": self.mechanism,
            "sasl_plain_username": self.user,
            "sasl_plain_password": self.password,
        }

    def _check(self) -> None:
        if not self.tls and (self.ca_file or self.cert_file or self.key_file):
            raise ValueError("set FLOWMART_BROKER_TLS=true: without it certificates are not used")
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("set FLOWMART_BROKER_CERT_FILE and FLOWMART_BROKER_KEY_FILE together")
        if (self.user is None) != (self.password is None):
            raise ValueError("set FLOWMART_BROKER_USER and FLOWMART_BROKER_PASSWORD together")

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.cert_file is not None:
                context.load_cert_chain(self.cert_file, self.key_file)
        except OSError as exc:
            files = ", ".join(str(f) for f in (self.ca_file, self.cert_file, self.key_file) if f)
            raise ValueError(f"cannot use {files}: {exc}") from exc
        return context
