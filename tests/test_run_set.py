"""What `make run` installs is enough: every process starts without what only the tests need."""

import re
import subprocess
import sys

import pytest

from bot.settings import ROOT

ONLY_THE_RUN_SET = """
import importlib.abc, importlib.metadata, re, sys

def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()

allowed = set(sys.argv[2].split(","))
owners = importlib.metadata.packages_distributions()

class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in owners and not any(plain(owner) in allowed for owner in owners[top]):
            raise ModuleNotFoundError(f"{name} is not in the run set", name=name)
        return None

sys.meta_path.insert(0, Refuse())
import importlib
importlib.import_module(sys.argv[1])
from sqlalchemy.ext.asyncio import create_async_engine
engine = create_async_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
import asyncio
asyncio.run(engine.dispose())
"""


@pytest.mark.parametrize("module", ["channels.edge", "channels.worker", "console.serve", "actions.serve", "bot.cli"])
def test_a_process_starts_with_the_run_set_alone(module: str) -> None:
    locked = (ROOT / "requirements" / "run.txt").read_text()
    names = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", locked, re.MULTILINE)
    allowed = {re.sub(r"[-_.]+", "-", name).lower() for name in names} | {"sportello", "setuptools", "pip"}
    done = subprocess.run(
        [sys.executable, "-c", ONLY_THE_RUN_SET, module, ",".join(sorted(allowed))],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
