"""Passwords: argon2id, worked out in a thread, a few at a time."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

MIN_CHARS, MAX_CHARS = 12, 200
_hasher = PasswordHasher()
_AT_ONCE = asyncio.Semaphore(2)  # each takes 64 MB while it works
_NOBODYS = _hasher.hash("the password of no account, checked so that unknown names take as long as known ones")


def weakness(password: str, username: str) -> str:
    """Why a password cannot be chosen, in Italian; empty when it can."""
    if len(password) < MIN_CHARS:
        return f"La password deve avere almeno {MIN_CHARS} caratteri: più parole vanno benissimo."
    if len(password) > MAX_CHARS:
        return f"La password può avere al massimo {MAX_CHARS} caratteri."
    if len(set(password)) < 5 or username.casefold() in password.casefold():
        return "La password è troppo facile: non usare il tuo nome né caratteri ripetuti."
    return ""


async def hash_password(password: str) -> str:
    """The hash to store."""
    async with _AT_ONCE:
        return await asyncio.to_thread(_hasher.hash, password)


async def is_right(stored: str | None, password: str) -> bool:
    """Whether the password fits; takes as long when there is nothing stored."""
    async with _AT_ONCE:
        fits = await asyncio.to_thread(_verify, stored or _NOBODYS, password[: 2 * MAX_CHARS])
    return fits and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False
