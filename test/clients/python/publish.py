"""Publishes a comment straight over NATS, or takes back the one whose id is given."""
import asyncio
import json
import os
import random
import sys
import uuid

import nats
from nats.errors import NoRespondersError, TimeoutError

# Codes after which the same request may succeed.
AGAIN = {
    "history_busy", "history_unavailable", "internal", "overloaded", "state_unavailable", "timeout",
    "unavailable", "votes_unavailable",
}


async def request(nc, subject, body):
    payload = json.dumps(body).encode()
    for attempt in range(10):
        try:
            reply = json.loads((await nc.request(subject, payload, timeout=5)).data)
        except (NoRespondersError, TimeoutError) as fault:
            reply = {"error": {"code": "timeout", "message": str(fault)}}
        if "error" not in reply:
            return reply
        if reply["error"]["code"] not in AGAIN:
            break
        await asyncio.sleep(random.uniform(0, min(4, 0.25 * 2**attempt)))
    raise RuntimeError(reply["error"])


async def main():
    nc = await nats.connect(os.environ["NATS_URL"], inbox_prefix="_INBOX.publisher")
    if len(sys.argv) > 1:
        reply = await request(nc, "ov.retract.launch", {"id": sys.argv[1]})
    else:
        # Its own id: however often the request is sent, the comment is stored once.
        event = {"id": str(uuid.uuid4()), "kind": "comment", "data": {"text": "Hello from Python"}}
        reply = await request(nc, "ov.publish.launch", event)
    print(json.dumps(reply))
    await nc.drain()


asyncio.run(main())
