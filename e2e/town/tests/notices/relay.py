"""A mail relay for tests: takes mails by SMTP and writes each into a folder.

Arguments: folder, port, and over TLS: "starttls" or "tls", certificate, key.
Says "ready" and ends with its standard input.
"""

import os
import ssl
import sys

from aiosmtpd.controller import Controller


class Keep:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        name = os.path.join(self.folder, f"{os.getpid()}-{self.count:04}")
        lines = [f"{envelope.mail_from}\n", *(f"{to}\n" for to in envelope.rcpt_tos)]
        with open(name + ".part", "wb") as out:
            out.write("".join(lines).encode() + b"\n" + envelope.content)
        os.rename(name + ".part", name + ".mail")
        return "250 kept"


cover = {}
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[4], sys.argv[5])
    if sys.argv[3] == "tls":
        cover = {"ssl_context": context}
    else:
        cover = {"tls_context": context, "require_starttls": True}
controller = Controller(Keep(sys.argv[1]), hostname="127.0.0.1", port=int(sys.argv[2]), **cover)
controller.start()
print("ready", flush=True)
sys.stdin.read()
controller.stop()
