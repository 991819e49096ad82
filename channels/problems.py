"""Errors an integrator reads: one JSON shape, a stable code, what failed and what to do (RFC 9457)."""

import json
from collections.abc import Awaitable, Callable
from uuid import uuid4

import structlog
from aiohttp import web
from sqlalchemy.exc import OperationalError

log = structlog.get_logger()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CITIZEN_SENTENCES = {
    401: "La chat è scaduta. Apri una nuova conversazione.",
    404: "Questa conversazione non c'è più. Aprine una nuova.",
    413: "Il messaggio è troppo lungo. Scrivilo più corto o dividilo in due.",
    422: "Il messaggio non è arrivato bene. Riprova.",
    429: "Stai scrivendo molto in fretta. Aspetta qualche secondo e riprova.",
    500: "C'è stato un problema. Riprova fra poco.",
    503: "Il servizio è fermo per un momento. Riprova fra poco.",
}


class Problem(Exception):
    """A request refused, with the status, a code for machines and a detail for integrators."""

    def __init__(self, status: int, code: str, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after = retry_after


def problem_response(problem: Problem, *, problem_id: str | None = None) -> web.Response:
    """The answer for a refused request."""
    body = {
        "type": f"urn:sportello:{problem.code}",
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "message": CITIZEN_SENTENCES.get(problem.status, CITIZEN_SENTENCES[500]),
    }
    if problem_id:
        body["id"] = problem_id
    headers = {"Retry-After": str(max(1, round(problem.retry_after)))} if problem.retry_after is not None else None
    return web.Response(
        status=problem.status,
        text=json.dumps(body, ensure_ascii=False),
        content_type="application/problem+json",
        headers=headers,
    )


@web.middleware
async def problems_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever goes wrong into a problem answer; the unexpected gets an id that finds its log line."""
    try:
        return await handler(request)
    except Problem as problem:
        return problem_response(problem)
    except web.HTTPRequestEntityTooLarge:
        return problem_response(Problem(413, "body_too_large", "the request body is over the limit"))
    except web.HTTPException as error:
        if error.status < 400:
            raise
        answer = problem_response(Problem(error.status, "http", error.reason))
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer
    except (ConnectionResetError, ConnectionAbortedError):
        raise
    except OperationalError as error:
        log.warning("database away", reason=str(error.orig).strip())
        return problem_response(Problem(503, "database", "the database is away; try again", retry_after=2))
    except Exception:
        problem_id = uuid4().hex[:12]
        log.exception("request failed", id=problem_id, method=request.method, route=str(request.match_info.route.name))
        return problem_response(Problem(500, "internal", "the request failed; quote the id"), problem_id=problem_id)
