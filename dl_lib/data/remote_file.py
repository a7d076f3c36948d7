"""What is known of a file that others publish: its name here, its addresses, how to tell it."""

import dataclasses
import re

__all__ = ["RemoteFile"]

_MOST = 1 << 30  # bytes of a file whose size is not known: a server may never end, a disk does


@dataclasses.dataclass(frozen=True)
class RemoteFile:
    """A file that others publish.

    Args
        name: its place in the cache and on a mirror, for example "mnist/train-labels.gz"
        urls: where it can be had, tried in this order
        checksum: "sha256:…", or "sha1:…" where its publisher gives no better one
        size: in bytes, where it is known; no more are accepted, and without it no more than 2³⁰
        stand_in: what needs no download and can be used instead; empty if nothing
    Raises
        ValueError: if the name would leave the cache folder, the addresses are a single string, the
            checksum is of another form, or the size is no positive integer
    Chapter
        linear_networks/softmax_regression
    """

    name: str
    urls: tuple[str, ...]
    checksum: str
    size: int | None = None
    stand_in: str = ""

    def __post_init__(self):
        if self.name.startswith("/") or {"..", ""} & set(re.split(r"[/\\:]", self.name)):
            raise ValueError(f"expected a name inside the cache folder, got {self.name!r}")
        if not re.fullmatch(r"sha256:[0-9a-f]{64}|sha1:[0-9a-f]{40}", self.checksum):
            raise ValueError(f"expected sha256:… or sha1:… in hexadecimal, got {self.checksum!r}")
        if isinstance(self.urls, str):
            raise ValueError(f"expected a tuple of addresses, got the string {self.urls!r}")
        if self.size is not None and not (type(self.size) is int and self.size > 0):
            raise ValueError(f"expected a size in bytes, a positive integer, got {self.size!r}")

    @property
    def most(self) -> int:
        """How many bytes are accepted."""
        return _MOST if self.size is None else self.size
