"""Packages that only some data sets need."""

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType

__all__ = ["package_folder", "require"]


def require(module: str, wanted_by: str) -> ModuleType:
    """Import an optional package, or say how to get it.

    Args
        module: dotted name, for example "sklearn.datasets"
        wanted_by: what needs it, for the message
    Returns
        the module
    Raises
        ImportError: if the package is not installed, with the command that installs it
    Chapter
        preliminaries/tensors
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise _missing(module.partition(".")[0], wanted_by) from error


def package_folder(package: str, wanted_by: str) -> Path:
    """Find the folder of an optional package without importing it, or say how to get it.

    Args
        package: the name under which it is imported, for example "sklearn"
        wanted_by: what needs it, for the message
    Returns
        the folder that holds its files
    Raises
        ImportError: if the package is not installed, with the command that installs it
    Chapter
        preliminaries/tensors
    """
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise _missing(package, wanted_by)
    return Path(found.submodule_search_locations[0])


def _missing(package, wanted_by):
    name = {"sklearn": "scikit-learn", "skimage": "scikit-image"}.get(package, package)
    return ImportError(f"{wanted_by} needs {name}: pip install 'dl_lib[data]'")
