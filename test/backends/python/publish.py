"""Publishes a comment: python publish.py launch anna "Hello" """

import os
import random
import sys
import time
import uuid

import httpx

RETRY_FOR_S = 30


def publish(client, video, event):
    """Sends it until it is accepted or refused. With the same id in each, it is stored once."""
    event = {"id": str(uuid.uuid4()), **event}
    end = time.monotonic() + RETRY_FOR_S
    ceiling = 0.2
    while True:
        least = 0.0
        try:
            answer = client.post(f"/v1/videos/{video}/events", json=event)
            if answer.is_success:
                return answer.json()
            error = answer.json()["error"]
            fault = RuntimeError(f"{error['code']}: {error['message']}")
            if answer.status_code != 429 and answer.status_code < 500:
                raise fault
            least = error.get("retryAfterMs", 0) / 1000
        except httpx.TransportError as lost:
            fault = lost
        if time.monotonic() + least > end:
            raise fault
        time.sleep(least + random.uniform(0, ceiling))
        ceiling = min(2 * ceiling, 5)


video, actor, text = sys.argv[1:]
headers = {"Authorization": f"Bearer {os.environ['OVATION_TOKEN']}"}
with httpx.Client(base_url=os.environ["OVATION_URL"], headers=headers) as client:
    accepted = publish(client, video, {"kind": "comment", "actor": actor, "data": {"text": text}})
    print(accepted["accepted"][0], accepted["seqs"][0])
