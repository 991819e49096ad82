"""Who works with the console: roles, what each may do, and the signed-in operator of a request."""

from dataclasses import dataclass
from typing import Literal, get_args
from uuid import UUID

Role = Literal["operatore", "supervisore", "amministratore"]
ROLES: tuple[Role, ...] = get_args(Role)
"""Each may do what those before it may."""

TITLES: dict[Role, str] = {
    "operatore": "Operatore",
    "supervisore": "Supervisore",
    "amministratore": "Amministratore",
}


@dataclass(frozen=True, kw_only=True)
class Operator:
    """A signed-in operator. `centres` empty: every centre."""

    id: UUID
    username: str
    name: str
    role: Role
    centres: tuple[str, ...] = ()
    session: bytes = b""  # hash of the session's token

    def has(self, role: Role) -> bool:
        """Whether the operator's role is that one or a higher one."""
        return ROLES.index(self.role) >= ROLES.index(role)

    def sees_centre(self, centre: str | None) -> bool:
        """Whether conversations of this centre are the operator's: those of no centre are everybody's."""
        return not self.centres or centre is None or centre in self.centres
