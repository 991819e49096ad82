"""Who may open which address. A handler that says nothing is closed to everybody.

    @needs("supervisore")
    async def strike(request): ...

The test of roles walks through the application's routes: there is no route without `@needs` or `@public`.
"""

from collections.abc import Callable
from typing import Literal, TypeVar

from aiohttp import web

from channels.problems import Handler
from console.keys import OPERATOR
from console.operators import Operator, Role

Access = Role | Literal["public"]
H = TypeVar("H", bound=Handler)
ATTRIBUTE = "console_access"


def needs(role: Role) -> Callable[[H], H]:
    """Open to signed-in operators of that role or a higher one."""

    def mark(handler: H) -> H:
        setattr(handler, ATTRIBUTE, role)
        return handler

    return mark


def public(handler: H) -> H:
    """Open to anybody who reaches the console's port."""
    setattr(handler, ATTRIBUTE, "public")
    return handler


def access_of(handler: object) -> Access | None:
    """What was declared; None for a handler that declared nothing."""
    found: Access | None = getattr(handler, ATTRIBUTE, None)
    return found


def operator_of(request: web.Request) -> Operator:
    """The signed-in operator. Only for handlers with `@needs`."""
    return request[OPERATOR]
