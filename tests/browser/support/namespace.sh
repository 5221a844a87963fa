#!/usr/bin/env bash
# Runs a command in a network of its own, which vanishes with it:
#
#   hall: the command, the server, browsers     far: a browser at the other end
#      hall0 10.77.0.1 ───────── a line ───────── far0 10.77.0.2
#
# The line can be made bad from the hall with `tc` and, in `ip netns exec far`,
# with `iptables`. Needs root, or a system that lets users have namespaces.
set -euo pipefail

if [[ ${1-} != --inside ]]; then
    own=(--net --mount)
    ((EUID == 0)) || own+=(--map-root-user)
    unshare "${own[@]}" true 2>/dev/null || {
        echo "$0: this system gives no network namespaces; run the network tests as root" >&2
        exit 1
    }
    exec unshare "${own[@]}" -- "$0" --inside "$@"
fi
shift
PATH=$PATH:/usr/sbin:/sbin

for tool in ip tc iptables; do
    command -v "$tool" >/dev/null || {
        echo "$0: $tool is missing: run deploy/setup.sh --tests" >&2
        exit 1
    }
done

mount -t tmpfs tmpfs /run
ip link set lo up
ip netns add far
ip link add hall0 type veth peer name far0 netns far
ip address add 10.77.0.1/24 dev hall0
ip link set hall0 up
ip -n far address add 10.77.0.2/24 dev far0
ip -n far link set far0 up
ip -n far link set lo up
# Firefox looks for its own address where the way out is.
ip route add default via 10.77.0.2
exec "$@"
