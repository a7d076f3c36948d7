"""An installed Chrome or Chromium, which prints pages and is what the tests look with."""

import os
import shutil
import sys
from pathlib import Path

__all__ = ["ARGUMENTS", "HOW_TO_INSTALL", "find_chromium"]

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
OFF_PATH = {
    "darwin": [
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ],
    "win32": [
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    ],
}
# No sandbox, because containers lack the privileges for one; the rest keeps the browser from
# calling home, so that an outside request in a test is the page's own.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOW_TO_INSTALL = (
    "no Chromium found: install one (Debian: apt-get install chromium, Fedora: dnf install "
    "chromium, macOS: brew install --cask google-chrome) or name its program in DL_LIB_CHROMIUM"
)


def find_chromium() -> str | None:
    """The program of an installed Chrome or Chromium, or None.

    The environment variable DL_LIB_CHROMIUM wins over what is on PATH.
    """
    named = os.environ.get("DL_LIB_CHROMIUM")
    if named:
        return shutil.which(named)
    on_path = (shutil.which(name) for name in NAMES)
    elsewhere = (path for path in OFF_PATH.get(sys.platform, []) if Path(path).exists())
    return next((path for path in (*on_path, *elsewhere) if path), None)
