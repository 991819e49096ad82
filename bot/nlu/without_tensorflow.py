"""Rasa without TensorFlow: this assistant uses none of Rasa's neural components, but Rasa imports them all.

Importing TensorFlow takes ten seconds and 300 MB in each process. `leave_out_tensorflow` puts hollow modules in its place,
whose names can be imported, subclassed and annotated with; calling anything in them does nothing useful, and nothing here
calls it. `rasa train` and the other commands of Rasa itself are not touched.
"""

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

LEFT_OUT = ("tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "keras", "jax")


class _HollowType(type):
    """A class whose unknown attributes are hollow classes."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = _HollowType(name, (_Hollow,), {})
        setattr(cls, name, made)
        return made


class _Hollow(metaclass=_HollowType):
    """Can be made with any arguments; as a decorator it leaves what it decorates as it is."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        decorates = len(args) == 1 and not kwargs and callable(args[0])
        return args[0] if decorates and cls.__module__ == __name__ else super().__new__(cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return args[0] if len(args) == 1 else self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Hollow()


class _HollowModule(ModuleType):
    __path__: list[str] = []  # noqa: RUF012 - the import system's own attribute: any module may have parts
    __version__ = "0"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = _HollowType(name, (_Hollow,), {})
        setattr(self, name, made)
        return made


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.split(".", maxsplit=1)[0] in LEFT_OUT:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _HollowModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


def leave_out_tensorflow() -> None:
    """Call before anything imports Rasa; without effect when TensorFlow is imported already."""
    if "tensorflow" not in sys.modules:
        sys.meta_path.insert(0, _Finder())
