"""Packages that only some data sets need."""

import importlib
from types import ModuleType

__all__ = ["require"]


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
        package = {"sklearn": "scikit-learn", "skimage": "scikit-image"}
        top = module.partition(".")[0]
        raise ImportError(
            f"{wanted_by} needs {package.get(top, top)}: pip install 'dl_lib[data]'"
        ) from error
