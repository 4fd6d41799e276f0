"""СНИЛС at rest: stored encrypted, compared by a keyed digest, shown masked (domain.md §6)."""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from functools import cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def _key(purpose: str, secret: str) -> bytes:
    return hashlib.sha256(f"{purpose}:{secret}".encode()).digest()


@cache
def _box() -> MultiFernet:
    # The first key encrypts, all of them decrypt: a key can be replaced without losing data.
    return MultiFernet([Fernet(urlsafe_b64encode(_key("encrypt", secret))) for secret in settings.FIELD_KEYS])


def snils_digits(text: str) -> str:
    """«112-233-445 95» → «11223344595»."""
    return re.sub(r"\D", "", text)


def snils_is_valid(text: str) -> bool:
    """Eleven digits whose control number fits (numbers up to 001-001-998 carry none)."""
    digits = snils_digits(text)
    if len(digits) != 11:
        return False
    if int(digits[:9]) <= 1001998:
        return True
    total = sum(int(digit) * (9 - place) for place, digit in enumerate(digits[:9]))
    return total % 101 % 100 == int(digits[9:])


def encrypt(text: str) -> str:
    """As it is stored; twice the same text gives two different tokens."""
    return _box().encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """What `encrypt` took; cryptography.fernet.InvalidToken where no key of the settings fits."""
    return _box().decrypt(token.encode()).decode()


def digest(text: str) -> str:
    """A keyed digest: finds a duplicate without decrypting every row. The oldest key, so rotation changes nothing."""
    return hmac.new(_key("digest", settings.FIELD_KEYS[-1]), text.encode(), hashlib.sha256).hexdigest()


def masked(text: str) -> str:
    """«11223344595» → «•••-•••-445 95»."""
    return f"•••-•••-{text[6:9]} {text[9:]}" if len(text) == 11 else ""
