"""Pages of the operators' desk, asked for by who is signed in, and timed."""

import time
from collections.abc import Sequence

from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from bench.report import heading, percentile, table
from bot.settings import get_settings
from bot.storage.engine import create_engine
from console import sessions
from console.accounts import add_account
from console.app import create_app
from console.security import COOKIE

RUNS = 15
WARM_UP = 2


async def desk_of(server: TestServer, username: str, centres: tuple[str, ...] = ()) -> TestClient:
    """A signed-in supervisor's browser."""
    engine = create_engine(pool_size=1)
    async with engine.begin() as connection:
        account = await add_account(connection, username=username, name="Prova", role="supervisore", centres=centres)
        token = await sessions.start(connection, account, stage="full")
    await engine.dispose()
    return TestClient(server, cookies={COOKIE: token}, cookie_jar=CookieJar(unsafe=True))


async def measured(desk: TestClient, path: str) -> tuple[list[float], int]:
    """Milliseconds of each run, from asking to having the whole page; and how many conversations it lists."""
    times, rows = [], 0
    for number in range(WARM_UP + RUNS):
        started = time.perf_counter()
        async with desk.get(path) as answer:
            page = await answer.text()
        assert answer.status == 200, (path, page[:500])
        assert "ci mette troppo" not in page, path
        if number >= WARM_UP:
            times.append((time.perf_counter() - started) * 1000)
        rows = page.count('<tr id="c-')
    return times, rows


async def run_cases(title: str, cases: Sequence[tuple[str, str]], *, promised_ms: float, lists: bool = False) -> bool:
    """Measure every case, told as a table; whether each median keeps the promise.

    A case is its name and its path; "@" before the path: as a supervisor of one centre alone. `lists`: the pages list
    conversations, and it is told how many.
    """
    server = TestServer(create_app(get_settings()))
    await server.start_server()
    everybody, local = await desk_of(server, "tutti"), await desk_of(server, "chieri", ("chieri",))
    rows, kept = [], True
    for name, path in cases:
        times, found = await measured(local if path.startswith("@") else everybody, path.removeprefix("@"))
        kept = kept and (percentile(times, 0.5) or 0) < promised_ms
        rows.append([name, percentile(times, 0.5), percentile(times, 0.95), *([found] if lists else [])])
    heading(f"{title}, ms from asking to having it whole (promised: less than {promised_ms:g})")
    table(["", "median", "p95", *(["rows"] if lists else [])], rows)
    await everybody.close()
    await local.session.close()
    return kept
