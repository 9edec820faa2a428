#!/usr/bin/env bash
# Installs what is missing and nothing else: Debian packages (root is asked for only then) and the
# Python environment var/venv of pinned, hashed requirements; with the set "lint" also var/venv-lint.
#   deps.sh [SET...]   default: build
set -eu
cd "$(dirname "$0")/../.."

sets=(build "$@")
packages=tests/tools/packages.txt

mkdir -p var
exec 9> var/deps.lock
flock 9

fail() {
    printf 'make deps: %s\n' "$1" >&2
    exit 1
}

missing_packages() {
    local wanted installed
    wanted=$(for set in "${sets[@]}"; do sed -n "s/^$set //p" "$packages"; done | sort -u)
    # shellcheck disable=SC2086 # one word a package
    installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' $wanted 2> /dev/null |
        sed -n 's/^ii  *//p' | sort -u) || true
    comm -23 <(printf '%s\n' "$wanted") <(printf '%s\n' "$installed")
}

install_packages() {
    local missing root=()
    command -v dpkg-query > /dev/null || fail "this is not Debian; see $packages for what is needed"
    missing=$(missing_packages | tr '\n' ' ')
    missing=${missing% }
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        if sudo -n true 2> /dev/null || { [ -t 0 ] && command -v sudo > /dev/null; }; then
            root=(sudo)
        else
            printf 'make deps: packages are missing; as root, run this once and try again:\n' >&2
            printf '  apt-get update && apt-get install -y --no-install-recommends %s\n' "$missing" >&2
            exit 1
        fi
    fi
    printf 'make deps: installing %s\n' "$missing" >&2
    {
        "${root[@]}" apt-get -q update
        # shellcheck disable=SC2086
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get -q install -y --no-install-recommends $missing
    } > var/deps.log 2>&1 || {
        tail -n 20 var/deps.log >&2
        fail 'apt-get failed; its whole output is in var/deps.log'
    }
    # The tests start a registry of their own; nobody asked for one on a port of this machine.
    case " $missing " in
        *' docker-registry '*)
            [ ! -d /run/systemd/system ] || "${root[@]}" systemctl disable --now docker-registry >> var/deps.log 2>&1
            ;;
    esac
}

# A Python that can make virtual environments: the first on the PATH may be another than Debian's.
find_python() {
    local python
    for python in /usr/bin/python3 python3; do
        if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
            2> /dev/null; then
            echo "$python"
            return
        fi
    done
    fail 'no Python 3.11 or newer with the venv module was found'
}

# install_python ENVIRONMENT REQUIREMENTS
install_python() {
    local wanted have venv=$1 requirements=$2
    wanted="$PWD $(sha256sum < "$requirements")"
    have=$(cat "$venv/.installed" 2> /dev/null) || have=
    if [ "$wanted" = "$have" ] && "$venv/bin/python" -SIc '' 2> /dev/null; then
        return
    fi
    printf 'make deps: making the Python environment %s\n' "$venv" >&2
    rm -rf "$venv"
    "$(find_python)" -m venv "$venv"
    PIP_CACHE_DIR=$PWD/var/pip "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-compile \
        --no-deps --only-binary :all: --require-hashes -r "$requirements" ||
        fail 'pip failed; is the package index reachable?'
    printf '%s\n' "$wanted" > "$venv/.installed"
}

install_packages
install_python var/venv tests/tools/requirements.txt
case " ${sets[*]} " in
    *' lint '*) install_python var/venv-lint tests/tools/requirements-lint.txt ;;
esac
touch var/deps.stamp
