"""What was taught since the last version kept: asked of git where the project is a checkout, else told by the lessons.

Nothing is ever committed here: whoever keeps the project does that, with the patch or in the folder itself.
"""

import asyncio
import shutil
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.teaching.changes import Change, diff, read
from bot.teaching.tables import lessons

TAUGHT = ("nlu_data", "bot/knowledge/data")
SECONDS_AT_MOST = 10


async def _git(root: Path, *arguments: str) -> str | None:
    """What git says; None without git, outside a checkout, or when it does not answer."""
    program = shutil.which("git")
    if program is None:
        return None
    process = await asyncio.create_subprocess_exec(
        program, "-C", str(root), *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        told, _ = await asyncio.wait_for(process.communicate(), SECONDS_AT_MOST)
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    return told.decode("utf-8", "replace") if process.returncode == 0 else None


async def changed_files(root: Path) -> list[str] | None:
    """The taught files that differ from the last commit; None when there is no git to ask."""
    told = await _git(root, "status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", "--", *TAUGHT)
    return None if told is None else sorted(one[3:] for one in told.split("\0") if one)


async def patch_of(connection: AsyncConnection, root: Path) -> str:
    """Everything taught since the last commit; without git, the lessons that were not undone, one after the other."""
    changed = await changed_files(root)
    if changed is None:
        query = select(lessons.c.diff).where(lessons.c.undone_at.is_(None)).order_by(lessons.c.taught_at)
        return "".join((await connection.execute(query)).scalars())
    prefix = (await _git(root, "rev-parse", "--show-prefix") or "").strip()
    changes = []
    for name in changed:
        path = name.removeprefix(prefix)
        before = await _git(root, "show", f"HEAD:{name}")
        changes.append(Change(path=path, before=before, after=read(root, path)))
    return diff(changes)
