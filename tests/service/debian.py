"""Programs from Debian packages that a test needs: installed when missing and allowed, else a reason."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


def program(name: str, package: str) -> str:
    """Path of a program; skips the test when it is neither there nor can be installed."""
    with (Path(tempfile.gettempdir()) / "ilium-tests-apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = shutil.which(name, path=_PATH)
        if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
            for command in (["update"], ["install", "--yes", "--no-install-recommends", package]):
                subprocess.run(["apt-get", "-qq", *command], check=False, capture_output=True, timeout=240)
            found = shutil.which(name, path=_PATH)
    if found is None:
        pytest.skip(f"{name} is not installed and this user may not install it: apt install {package}")
    return found
