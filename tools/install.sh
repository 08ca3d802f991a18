#!/usr/bin/env bash
# Make one environment from its lock: install.sh main | dev | assistant.
# Installs uv into .tools when there is none; bytecode is compiled because Rasa starts three times slower without.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:?main, dev or assistant}

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() { printf 'Problem: %s\nNext:    %s\n' "$1" "$2" >&2; exit 2; }

find_uv() {
    # Asked for its version because pyenv leaves shims that do not run.
    if uv --version >/dev/null 2>&1; then command -v uv; return; fi
    if [ ! -x .tools/bin/uv ]; then
        command -v python3 >/dev/null 2>&1 || die "There is no python3." "Install Python 3.11 or newer."
        say "Installing uv into .tools" >&2
        python3 -m venv .tools >&2 || die "python3 -m venv does not work." "Install your system's python3-venv package."
        .tools/bin/python -m pip install --quiet uv >&2 || die "uv could not be installed." "Check the network, then run the same command again."
    fi
    echo "$PWD/.tools/bin/uv"
}

runs() { "$1" -c "import sys; sys.exit(sys.version_info[:2] != ($2))" >/dev/null 2>&1; }

# A python3.10 that really runs; else pyenv's (its shims exist even where the version is not selected); else uv's own.
find_310() {
    local candidate prefix
    for candidate in $(type -aP python3.10 2>/dev/null | sort -u); do
        if runs "$candidate" "3, 10"; then echo "$candidate"; return; fi
    done
    if command -v pyenv >/dev/null 2>&1; then
        for candidate in $(pyenv versions --bare 2>/dev/null | grep -E '^3\.10(\.|$)' | sort -rV); do
            prefix=$(pyenv prefix "$candidate" 2>/dev/null) || continue
            if runs "$prefix/bin/python" "3, 10"; then echo "$prefix/bin/python"; return; fi
        done
    fi
    echo 3.10
}

find_311() {
    local candidate
    for candidate in python3.11 python3.12 python3.13 python3; do
        candidate=$(command -v "$candidate" 2>/dev/null) || continue
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; then
            "$candidate" -c 'import sys; print(sys.executable)'; return
        fi
    done
    echo 3.11
}

uv=$(find_uv)
[ -n "${UV_FIND_LINKS:-}" ] || unset UV_FIND_LINKS
case $what in
    main | dev)
        folder=.venv lock=requirements/$what.lock python=$(find_311)
        # The test tools contain what the demo needs: never take them away again.
        if [ "$what" = main ] && [ -e .venv/.ready-dev ] && [ .venv/.ready-dev -nt requirements/dev.lock ]; then
            lock=requirements/dev.lock
        fi ;;
    assistant)
        folder=.venv-assistant lock=requirements/assistant.lock python=$(find_310) ;;
    *) die "Nothing is known of the environment '$what'." "Use main, dev or assistant." ;;
esac

say "Installing $lock into $folder (some minutes the first time)"
if [ ! -x "$folder/bin/python" ]; then
    "$uv" venv --quiet --python "$python" "$folder" || die "Python $python could not be had for $folder." \
        "It was neither found nor could it be fetched. Install it (pyenv install 3.10) and run the same command again."
fi
sync=(pip sync --quiet --compile-bytecode --require-hashes --python "$folder/bin/python" "$lock")
# From uv's cache first: when all is there, nobody needs to be asked, and it works without a network.
"$uv" --offline "${sync[@]}" 2>/dev/null || "$uv" "${sync[@]}" ||
    die "The packages of $lock could not be installed." "Read the lines above; check the network and the disk (4.5 GB are needed)."
if [ "$folder" = .venv ]; then
    editable=(pip install --quiet --no-deps --compile-bytecode --python .venv/bin/python -e .)
    "$uv" --offline "${editable[@]}" 2>/dev/null || "$uv" "${editable[@]}" ||
        die "The project itself could not be installed." "Read the lines above."
    IPYTHONDIR=$(mktemp -d) .venv/bin/python -m crm_kernel install --sys-prefix >/dev/null
    touch .venv/.ready
    [ "$lock" = requirements/dev.lock ] && touch .venv/.ready-dev
else
    touch "$folder/.ready"
fi
exit 0
