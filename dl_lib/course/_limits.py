"""What the system can hold a process to: memory, the size of files, no network."""

import ctypes
import socket
import sys

__all__ = ["limit"]

NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000  # of Linux's unshare
LARGEST_FILE = 2**26


def limit(gigabytes: float) -> list[str]:
    """Hold this process to its limits; return those that hold, in words."""
    holds = []
    if sys.platform != "win32":
        import resource

        # Memory that is written to: address space alone is cheap, and XLA reserves much of it.
        most = int(gigabytes * 2**30)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if sys.platform == "linux":  # elsewhere the system takes the limit and does not keep it
            holds.append("memory")
    return [*holds, "network"] if _leave_network() else holds


def _leave_network():
    """Go where there is no network; where the system does not let us, Python at least refuses."""
    if sys.platform == "linux":
        library = ctypes.CDLL(None, use_errno=True)
        if any(library.unshare(flags) == 0 for flags in (NEW_NETWORK, NEW_USER | NEW_NETWORK)):
            return True

    def refuse(*_, **__):
        raise OSError("there is no network here")

    socket.socket.connect = refuse
    socket.getaddrinfo = refuse
    return False
