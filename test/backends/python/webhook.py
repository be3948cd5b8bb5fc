"""Receives webhooks: WEBHOOK_SECRETS="whsec_… whsec_…" PORT=3002 python webhook.py"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

HOOKS = [Webhook(secret) for secret in os.environ["WEBHOOK_SECRETS"].split()]
LIMIT_BYTES = 4 * 2**20


def verified(body, headers):
    """The payload, by whichever secret signed it."""
    for hook in HOOKS:
        try:
            return hook.verify(body, headers)
        except WebhookVerificationError:
            pass
    return None


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("content-length", 0))
        if length > LIMIT_BYTES:
            return self.send_error(413)
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        payload = verified(body, headers)
        if payload is None:
            return self.send_error(401)
        # A delivery may come twice: keep the id with what you store of it.
        print("verified", headers["webhook-id"], json.dumps(payload), flush=True)
        self.send_response(204)
        self.end_headers()


server = ThreadingHTTPServer(("", int(os.environ.get("PORT", "3002"))), Receiver)
print("listening", flush=True)
server.serve_forever()
