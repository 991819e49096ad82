"""The variants compared: each knows how to get its model, and in which environment that is loaded."""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from bench import stock
from bench.trained import Trained, cache_folder, kept, train_project
from bot.launch.model import fingerprint
from bot.settings import ROOT, Settings, get_settings

Encoder = Literal["full", "small"]


@dataclass(frozen=True)
class Variant:
    """One row of the comparison."""

    name: str
    title: str
    env: Mapping[str, str]
    ensure: Callable[[], Trained]


def our_variants(*, keep_vectors: bool) -> list[Variant]:
    """Ours as served, then ours without sentence vectors; only the latter where there is no encoder."""
    full = get_settings().encoder == "full" and find_spec("bot.nlu.e5.encoder") is not None
    encoders: tuple[Encoder, ...] = ("full", "small") if full else ("small",)
    titles = {"full": "ours, as served", "small": "ours, small (no sentence vectors)"}
    return [
        Variant(
            f"ours-{encoder}",
            titles[encoder],
            {"SPORTELLO_ENCODER": encoder},
            lambda encoder=encoder: train_ours(encoder, keep_vectors=keep_vectors),  # type: ignore[misc]
        )
        for encoder in encoders
    ]


def stock_variant(epochs: int) -> Variant:
    """Rasa's default pipeline."""
    title = f"Rasa default (DIET, {epochs} epochs)"
    return Variant("rasa-diet", title, {}, lambda: train_stock("diet", stock.diet_pipeline(epochs)))


def light_variant() -> Variant:
    """Rasa's logistic regression."""
    title = "Rasa light (logistic regression)"
    return Variant("rasa-light", title, {}, lambda: train_stock("light", stock.light_pipeline()))


def train_stock(name: str, pipeline: list[dict[str, Any]]) -> Trained:
    """The stock project's model for the present examples."""
    files = stock.project_files(pipeline)
    folder = cache_folder() / f"{name}-{stock.project_key(files)}"
    if (found := kept(folder)) is not None:
        return found
    with tempfile.TemporaryDirectory() as project:
        stock.write_project(files, Path(project))
        return train_project(f"Rasa {name}", Path(project), folder, env={}, vectors_kept=False)


def train_ours(encoder: Encoder, *, keep_vectors: bool) -> Trained:
    """Our model for the present inputs.

    Without `keep_vectors` the vectors of all examples are computed anew, as on a new machine, so that the seconds are whole.
    """
    settings = get_settings().model_copy(update={"encoder": encoder})
    keep_vectors = keep_vectors and encoder == "full"
    key = fingerprint(settings)
    folder = cache_folder() / f"ours-{encoder}{'-kept' if keep_vectors else ''}-{key}"
    if (found := kept(folder)) is not None:
        return found
    with tempfile.TemporaryDirectory() as empty:
        env: dict[str, str] = {"SPORTELLO_ENCODER": encoder}
        if encoder == "full" and not keep_vectors:
            env["SPORTELLO_CACHE_DIR"] = str(cache_without_vectors(settings, Path(empty)))
        trained = train_project(f"ours, {encoder}", ROOT, folder, env=env, vectors_kept=keep_vectors)
    if fingerprint(settings) != key:
        shutil.rmtree(folder)
        raise SystemExit("The inputs of the model changed while it was trained: run again.")
    return trained


def cache_without_vectors(settings: Settings, folder: Path) -> Path:
    """A cache folder with the built encoder of the real one in it, and nothing else."""
    from bot.nlu.e5.encoder import ensure_built

    built = ensure_built(settings.cache_dir / "e5")
    (folder / "e5").mkdir()
    (folder / "e5" / built.name).symlink_to(built)
    return folder
