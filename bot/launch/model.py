"""The trained model: found by the hash of everything it is made from, trained when none fits."""

import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from bot.launch.children import settle_in
from bot.launch.errors import LaunchError
from bot.settings import ROOT, Settings, get_settings

# The code that decides what is learned; the other components only run on what was learned.
LEARNING_CODE = ("head", "neighbours", "terms", "text", "vectors")
CODE = (
    "requirements/run.txt",
    "bot/knowledge/spelling.py",
    *(f"bot/nlu/{module}.py" for module in LEARNING_CODE),
)
TAUGHT = ("config.yml", "domain.yml", "nlu_data/calibration.jsonl")
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
REPORT_EVERY_SECONDS = 15


def input_files(project: Path) -> Iterator[tuple[str, Path]]:
    """Name and place of every file that shapes the model, in a fixed order: the code here, what is taught in `project`."""
    for name in CODE:
        yield name, ROOT / name
    for path in sorted((ROOT / "bot/nlu/e5").rglob("*.py")):
        yield path.relative_to(ROOT).as_posix(), path
    for name in TAUGHT:
        yield name, project / name
    for path in sorted((project / "nlu_data").rglob("*.yml")):
        yield path.relative_to(project).as_posix(), path


def is_taught(name: str) -> bool:
    """Whether a file of `input_files` holds examples; the others are the program a model has to fit."""
    return name.startswith("nlu_data/") and not name.startswith("nlu_data/rules/")


def fingerprint(settings: Settings) -> str:
    """Twenty hexadecimal digits that change when any input of the training changes. They are a model's name."""
    return _digest(settings, input_files(settings.project_dir))


def program(settings: Settings) -> str:
    """The same of the code, the configuration and the rules alone: a model of another program cannot be served by this one."""
    return _digest(settings, (one for one in input_files(settings.project_dir) if not is_taught(one[0])))


def _digest(settings: Settings, files: Iterable[tuple[str, Path]]) -> str:
    digest = hashlib.sha256(settings.encoder.encode())
    for name, path in files:
        digest.update(name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:20]


def model_path(settings: Settings) -> Path:
    """Where the model for the present inputs is kept, whether it exists or not."""
    return settings.models_dir / f"{fingerprint(settings)}.tar.gz"


def ensure_model(settings: Settings, report: Callable[[str], None]) -> Path:
    """The model for the present inputs, trained if none is kept. Only one process trains at a time.

    Raises `LaunchError` when training fails, naming the log.
    """
    path = model_path(settings)
    settings.models_dir.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return path
    with (settings.models_dir / "training.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            train(settings, path, report)
    return path


def train(settings: Settings, path: Path, report: Callable[[str], None], *, log: Path | None = None) -> None:
    """Train the project of `settings` into `path`, in a process of its own; its output goes to the log folder.

    Raises `LaunchError` when training fails, naming the log.
    """
    log = log or settings.data_dir / "log" / "train.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    report("addestro il modello: la prima volta ci vogliono alcuni minuti")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=path.parent) as folder, log.open("a") as output:
        command = [sys.executable, "-m", "bot.nlu.train", str(settings.project_dir), folder]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=output,
            stderr=output,
            # Its own cache would keep a second copy of every model, and is passed over anyway.
            env=training_environment()
            | {"SPORTELLO_PROJECT_DIR": str(settings.project_dir), "RASA_MAX_CACHE_SIZE": "0", "PYTHONPATH": str(ROOT)},
            preexec_fn=partial(settle_in, 0),  # noqa: PLW1509
        )
        try:
            while (code := _wait(process)) is None:
                report(f"addestro il modello: {time.monotonic() - started:.0f} s")
        finally:
            process.kill()
            process.wait()
        trained = Path(folder) / "model.tar.gz"
        if code != 0 or not trained.exists():
            raise LaunchError(f"L'addestramento non è riuscito: le ragioni sono in {log}.")
        trained.replace(path)
    report(f"modello pronto in {time.monotonic() - started:.0f} s")


def _wait(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(REPORT_EVERY_SECONDS)
    except subprocess.TimeoutExpired:
        return None


def training_environment() -> dict[str, str]:
    """The environment for Rasa's processes: no telemetry, no chatter, nothing compiled twice.

    Where Python is told to leave no bytecode beside the sources, it is kept in the cache: compiling all of Rasa anew takes
    each process ten seconds and more, also the one that citizens are waiting for.
    """
    kept = {name: value for name, value in os.environ.items() if name != NO_BYTECODE}
    if NO_BYTECODE in os.environ:
        kept.setdefault("PYTHONPYCACHEPREFIX", str(get_settings().cache_dir / "bytecode"))
    return kept | {
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONWARNINGS": "ignore",
    }
