"""``python -m crm_kernel install`` writes the kernelspec; ``python -m crm_kernel -f FILE`` is the kernel itself."""

from __future__ import annotations

import argparse
import sys


def install(arguments: list[str]) -> int:
    """Write the kernelspec; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m crm_kernel install", description="Install the crm kernelspec.")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--sys-prefix", action="store_true", help="into this environment (the default)")
    place.add_argument("--user", action="store_true", help="for this user")
    place.add_argument("--prefix", help="into another environment's folder")
    options = parser.parse_args(arguments)
    from .spec import install as write

    try:
        folder = write(user=options.user, prefix=None if options.user else options.prefix or sys.prefix)
    except OSError as error:
        print(f"The kernelspec can't be written: {error}. Try --user, or --prefix FOLDER.", file=sys.stderr)
        return 1
    print(f"Kernel crm is at {folder}")
    return 0


def main() -> int:
    """Install, or run as the kernel."""
    if sys.argv[1:2] == ["install"]:
        return install(sys.argv[2:])
    from ipykernel.kernelapp import IPKernelApp

    from .kernel import CrmKernel

    IPKernelApp.launch_instance(kernel_class=CrmKernel)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
