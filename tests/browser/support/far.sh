#!/bin/sh
# A program at the far end of the line; see namespace.sh.
exec ip netns exec far "$FAR_PROGRAM" "$@"
