"""By which others are believed: the kinds of secrets that settings hold."""

from typing import Annotated, Final

from pydantic import AfterValidator, SecretStr
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from providers.simulated_carriers import CARRIERS

JWT_KEY_LENGTH_MIN: Final = 32
"""As many characters as HS256 has bytes."""
TOKEN_LENGTH_MIN: Final = 32


def _long(key: SecretStr) -> SecretStr:
    if len(key) < JWT_KEY_LENGTH_MIN:
        raise ValueError(f"expected {JWT_KEY_LENGTH_MIN} characters or more")
    return key


def revealed(secret: SecretStr | None) -> str | None:
    """What a secret says, where there is one: settings refuse one that is empty."""
    return None if secret is None else secret.get_secret_value()


def check_tokens(tokens: dict[str, SecretStr | None]) -> None:
    """See that nobody guesses the tokens, by their settings' names: no try is held up.

    Raises:
        ValueError: one is short.
    """
    for name, token in tokens.items():
        if token is not None and len(token) < TOKEN_LENGTH_MIN:
            raise ValueError(
                f"{name}: expected {TOKEN_LENGTH_MIN} characters or more outside dev, such as"
                " `openssl rand -hex 32` gives"
            )


def _of_carriers(secrets: dict[str, SecretStr]) -> dict[str, SecretStr]:
    for carrier, secret in secrets.items():
        if carrier not in CARRIERS:
            raise ValueError(f"no such carrier: {carrier}; there are {', '.join(CARRIERS)}")
        try:
            Webhook(secret.get_secret_value())
        except (ValueError, EmptyWebhookSecretError):
            raise ValueError(f"{carrier}: expected whsec_ and base64") from None
    return secrets


JwtKey = Annotated[SecretStr, AfterValidator(_long)]
CarrierSecrets = Annotated[dict[str, SecretStr], AfterValidator(_of_carriers)]
"""By the carriers' names."""
