"""The library of *Deep Learning, Derived*: one room for each thing the book talks about."""

__all__: list[str] = []
__version__ = "0.1.0"
