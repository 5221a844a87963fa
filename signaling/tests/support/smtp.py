"""A mail server for the stories: it takes every letter and tells, as a line of
JSON, what a mail program would see of it. Nobody has the mailbox khong-co@."""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP


def tell(**what):
    print(json.dumps(what), flush=True)


class Post:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("khong-co@"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = [
            {
                "type": part.get_content_type(),
                "method": part.get_param("method"),
                "text": part.get_content(),
            }
            for part in message.walk()
            if not part.is_multipart()
        ]
        tell(
            to=envelope.rcpt_tos,
            subject=message["Subject"],
            sender=message["From"],
            message_id=message["Message-ID"],
            secure=session.ssl is not None,
            form=message.get_content_type(),
            parts=parts,
        )
        return "250 OK"


async def main():
    port, certificate = int(sys.argv[1]), sys.argv[2:]
    tls = None
    if certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*certificate)
    make = lambda: SMTP(Post(), tls_context=tls, require_starttls=tls is not None)
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", port)
    tell(port=server.sockets[0].getsockname()[1])
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
