"""The second factor: time-based codes (RFC 6238) of an app on the telephone, and recovery codes on paper."""

import hmac
import secrets
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pyotp
from sqlalchemy import RowMapping, any_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.privacy.sealing import SealError, fingerprint, fingerprints, seal, unseal
from console.tables import accounts

ISSUER = "Sportello"
RECOVERY_CODES = 10
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_PURPOSE = "console recovery"
STEP_SECONDS = 30
OFF: dict[str, Any] = {"totp_sealed": None, "totp_step": None, "recovery_hashes": []}
"""An account without a second factor."""


def new_secret() -> str:
    """A secret to share with the telephone."""
    return pyotp.random_base32()


def otpauth(secret: str, username: str) -> str:
    """The secret as the picture to frame holds it."""
    return pyotp.TOTP(secret).provisioning_uri(name=quote(username, safe="@."), issuer_name=ISSUER)


def step_of(secret: str, code: str) -> int | None:
    """The half minute the code belongs to, one before and one after now allowed; None when it is wrong."""
    code = "".join(code.split())
    # The real clock, not the domain's: telephones do not know of demonstrations.
    present = int(datetime.now(UTC).timestamp()) // STEP_SECONDS
    for step in (present, present - 1, present + 1):
        if hmac.compare_digest(pyotp.TOTP(secret).generate_otp(step).encode(), code.encode()):
            return step
    return None


def new_recovery_codes() -> list[str]:
    """Codes to write down: each works once."""
    return [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(2)) for _ in range(RECOVERY_CODES)
    ]


def _plain(code: str) -> str:
    return "".join(one for one in code.upper() if one.isalnum())


async def switch_on(connection: AsyncConnection, account: RowMapping, secret: str, step: int, codes: list[str]) -> None:
    """Ask this account for codes from now on. `step`: of the code that proved that the telephone has the secret."""
    await connection.execute(
        update(accounts)
        .where(accounts.c.id == account["id"])
        .values(
            totp_sealed=seal(secret),
            totp_step=step,
            recovery_hashes=[fingerprint(_PURPOSE, f"{account['id']}:{_plain(one)}") for one in codes],
        )
    )


async def switch_off(connection: AsyncConnection, account_id: object) -> None:
    """Ask this account for its password only."""
    await connection.execute(update(accounts).where(accounts.c.id == account_id).values(OFF))


async def take_code(connection: AsyncConnection, account: RowMapping, code: str) -> str | None:
    """Accept a code once. Returns what it was (`codice`, `codice di recupero`), or None when it is wrong or used."""
    if account["totp_sealed"] is None:
        return None
    try:
        step = step_of(unseal(account["totp_sealed"]), code)
    except SealError:
        step = None
    mine = update(accounts).where(accounts.c.id == account["id"])
    if step is not None:
        # The row decides, not what was read before: two requests with one code, one enters.
        taken = mine.where((accounts.c.totp_step < step) | accounts.c.totp_step.is_(None)).values(totp_step=step)
        return "codice" if (await connection.execute(taken)).rowcount else None
    for one in fingerprints(_PURPOSE, f"{account['id']}:{_plain(code)}"):
        left = [bytes(kept) for kept in account["recovery_hashes"] if bytes(kept) != one]
        if len(left) < len(account["recovery_hashes"]):
            used = mine.where(any_(accounts.c.recovery_hashes) == one).values(recovery_hashes=left)
            return "codice di recupero" if (await connection.execute(used)).rowcount else None
    return None
