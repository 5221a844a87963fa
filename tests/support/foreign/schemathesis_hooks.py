"""How schemathesis writes the bodies that are no JSON."""

import schemathesis


@schemathesis.serializer("application/sdp", "application/trickle-ice-sdpfrag", "application/pdf")
def write_text(ctx, value):
    return str(value).encode("utf-8", "replace")
