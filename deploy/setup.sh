#!/usr/bin/env bash
# Installs what this system lacks to build Điểm Cầu, and says what it does.
# The second time it finds everything there and does nothing.
#
#   deploy/setup.sh           what `make run` and `make build` need
#   deploy/setup.sh --tests   what `make test` needs besides: a Chromium and a
#                             Firefox with a loudspeaker, coturn, PostgreSQL, tools
#                             to make lines bad, foreign clients in target/foreign
#   deploy/setup.sh --bench   what `make bench` needs besides: Janus, to compare with
set -euo pipefail

want_tests=no
want_bench=no
case "${1-}" in
    '') ;;
    --tests) want_tests=yes ;;
    --bench) want_bench=yes ;;
    *)
        echo "usage: $0 [--tests | --bench]" >&2
        exit 2
        ;;
esac

fail() {
    echo "setup: $*" >&2
    exit 1
}

has() {
    command -v "$1" >/dev/null 2>&1
}

has cargo || fail 'Rust is missing. Install it from https://rustup.rs and try again.'
has node && has npm || fail 'Node.js is missing. Install version 20.19 or later and try again.'
node -e 'const [a, b] = process.versions.node.split(".").map(Number);
         process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    fail "Node.js $(node --version) is too old. Install version 20.19 or later."

missing=()

has_c_compiler() {
    has cc && echo 'int main(void) { return 0; }' | cc -x c -o /dev/null - 2>/dev/null
}

has_c_compiler || missing+=(build-essential)
# The Opus codec is built with it.
has cmake || missing+=(cmake)

chromium() {
    local name
    for name in "${CHROMIUM-}" chromium chromium-browser google-chrome; do
        if [[ -n $name ]] && has "$name"; then
            return 0
        fi
    done
    return 1
}

has_venv() {
    has python3 && python3 -c 'import ensurepip, venv' 2>/dev/null
}

firefox() {
    local name
    for name in "${FIREFOX-}" firefox-esr firefox; do
        if [[ -n $name ]] && has "$name"; then
            return 0
        fi
    done
    return 1
}

# Its programs are on nobody's path on Debian. With DATABASE_URL the tests use
# a server that is there already.
has_postgresql() {
    [[ -n ${DATABASE_URL-} ]] || has initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null
}

# Tools of the administrator are not on everybody's path.
has_tool() {
    has "$1" || [[ -x /usr/sbin/$1 || -x /sbin/$1 ]]
}

if [[ $want_tests == yes ]]; then
    chromium || missing+=(chromium)
    has_venv || missing+=(python3-venv)
    firefox || missing+=(firefox-esr)
    has pulseaudio || missing+=(pulseaudio)
    has_tool turnserver || missing+=(coturn)
    has_postgresql || missing+=(postgresql)
    has_tool ip && has_tool tc || missing+=(iproute2)
    has_tool iptables || missing+=(iptables)
    has openssl || missing+=(openssl)
    has ffmpeg || missing+=(ffmpeg)
fi

if [[ $want_bench == yes ]]; then
    has janus || missing+=(janus)
    has ip || missing+=(iproute2)
fi

# aiortc, aiosmtpd, schemathesis and moto in an environment of their own, anew when the
# list changes.
foreign_client() {
    local here list
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
    list=$here/tests/support/foreign/requirements.txt
    if cmp -s "$list" "$here/target/foreign/installed.txt"; then
        return 0
    fi
    echo 'setup: installing the foreign client of the tests in target/foreign'
    rm -rf "$here/target/foreign"
    python3 -m venv "$here/target/foreign"
    "$here/target/foreign/bin/pip" install --quiet --disable-pip-version-check \
        --no-deps --only-binary :all: --requirement "$list"
    cp "$list" "$here/target/foreign/installed.txt"
}

if ((${#missing[@]} == 0)); then
    [[ $want_tests == no ]] || foreign_client
    exit 0
fi

has apt-get || fail "missing: ${missing[*]} (Debian's names). This script installs them on \
Debian and Ubuntu only; install them with this system's package manager and try again."

as_root=()
if ((EUID != 0)); then
    has sudo || fail "missing: ${missing[*]}. Run this script as root, or install sudo."
    as_root=(sudo)
fi

echo "setup: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}"

has_c_compiler || fail 'the C compiler still does not work.'
has cmake || fail 'CMake is still missing.'
if [[ $want_tests == yes ]]; then
    chromium || fail 'Chromium is still missing; name one in the variable CHROMIUM.'
    firefox || fail 'Firefox is still missing; name one in the variable FIREFOX.'
    foreign_client
fi
if [[ $want_bench == yes ]]; then
    has janus || fail 'Janus is still missing.'
fi
echo 'setup: done'
