#!/usr/bin/env bash
# Resolve requirements/*.in into locks with hashes. Run it when an .in file changes or once a month for updates.
set -euo pipefail
cd "$(dirname "$0")/.."
uv pip compile requirements/assistant.in --python-version 3.10 --python-platform x86_64-manylinux_2_28 \
    --no-emit-find-links --generate-hashes --custom-compile-command tools/lock.sh -o requirements/assistant.lock -q "$@"
uv pip compile requirements/dev.in --python-version 3.11 --universal \
    --no-emit-find-links --generate-hashes --custom-compile-command tools/lock.sh -o requirements/dev.lock -q "$@"
# The demo's environment is a part of the developers': the same versions, fewer packages.
uv pip compile requirements/main.in --python-version 3.11 --universal -c requirements/dev.lock \
    --no-emit-find-links --generate-hashes --custom-compile-command tools/lock.sh -o requirements/main.lock -q "$@"
