"""Models: each architecture in one file, to be read from top to bottom."""

from dl_lib.models.lenet import LeNet

__all__ = [
    "LeNet",
]
