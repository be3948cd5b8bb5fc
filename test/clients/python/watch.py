"""
Watches a video, publishes a comment to it, and comes back by its position when the connection is
lost: python watch.py http://127.0.0.1:8080 msgpack|json|sse launch
OVATION_TOKEN is its token, if the gateway asks for one.
"""
import asyncio
import json
import math
import os
import random
import sys
import time
import uuid

import httpx
import msgpack
import websockets

SILENCE_S = 16  # The gateway sends something every 8 s.
HELD_S = 10  # A connection that lasted for less counts as a failed try.
TOKEN = os.environ.get("OVATION_TOKEN")
COMMENT = {"text": "Hello from Python", "n": 2**53 - 1}


def say(*words):
    print(*words, flush=True)


class Final(Exception):
    """Would happen again: not worth another try."""


class Watcher:
    def __init__(self, url, wire, video):
        self.url, self.wire, self.video = url, wire, video
        self.epoch = self.seq = self.event_id = None
        self.settled = 0  # Up to here the gateway gives all that there is.
        self.published = False
        self.tries = 0
        self.wait_s = 0

    async def run(self):
        while True:
            began = time.monotonic()
            try:
                await (self.stream() if self.wire == "sse" else self.socket())
            except (OSError, httpx.HTTPError, websockets.WebSocketException) as fault:
                say("lost", type(fault).__name__)
            if time.monotonic() - began > HELD_S:
                self.tries = 0
            # A random wait under a growing ceiling, and never less than the gateway asked for.
            await asyncio.sleep(self.wait_s + random.uniform(0, min(30, 0.25 * 2**self.tries)))
            self.tries, self.wait_s = self.tries + 1, 0

    async def socket(self):
        address = self.url.replace("http", "ws", 1) + "/v1/connect"
        pack, unpack = (msgpack.packb, msgpack.unpackb) if self.wire == "msgpack" else (json.dumps, json.loads)
        # This library answers pings and hides them, so it is told to ping by itself.
        async with websockets.connect(
            address, subprotocols=[f"ovation.v1.{self.wire}"], ping_interval=8, ping_timeout=8
        ) as socket:
            subscribe = {"op": "subscribe", "id": 2, "video": self.video}
            if self.seq is not None:
                subscribe |= {"after": self.seq, "epoch": self.epoch}
            await socket.send(pack({"op": "connect", "id": 1, "token": TOKEN}))
            await socket.send(pack(subscribe))
            if not self.published:
                await socket.send(pack({"op": "publish", "id": 3, "video": self.video, **self.comment("eventId")}))
            try:
                async for frame in socket:
                    self.handle(unpack(frame))
            except websockets.ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else 1006
                if 4400 <= code < 4500:
                    raise Final(f"closed with {code}") from closed
                raise

    async def stream(self):
        address = f"{self.url}/v1/videos/{self.video}/events"
        authorization = {"Authorization": f"Bearer {TOKEN}"} if TOKEN else {}
        headers = {"Accept": "text/event-stream"}
        if self.seq is not None:
            headers["Last-Event-ID"] = f"{self.epoch}:{self.seq}"
        async with httpx.AsyncClient(headers=authorization, timeout=httpx.Timeout(5, read=SILENCE_S)) as client:
            async with client.stream("GET", address, headers=headers) as response:
                if response.status_code != 200:
                    self.refused((json.loads(await response.aread()))["error"])
                async for line in response.aiter_lines():
                    if not line.startswith("data: "):
                        continue
                    self.handle(json.loads(line[6:]))
                    if not self.published:
                        answer = (await client.post(address, json=self.comment("id"))).json()
                        if "error" in answer:
                            self.refused(answer["error"])
                        self.taken(answer["accepted"][0], answer["seqs"][0])

    def comment(self, id_field):
        # One id for all tries: the comment is stored once, also when an answer was lost.
        self.event_id = self.event_id or str(uuid.uuid4())
        return {"kind": "comment", id_field: self.event_id, "data": COMMENT}

    def taken(self, event_id, seq):
        self.published = True
        say("published", event_id, seq)

    def refused(self, error):
        again = error["code"] in (
            "draining", "history_unavailable", "overloaded", "state_unavailable", "timeout",
            "unavailable", "votes_unavailable",
        )
        self.wait_s = error.get("retryAfterMs", 0) / 1000
        raise (OSError if again else Final)(error["code"])

    def handle(self, message):
        op, request = message["op"], message.get("id")
        if op == "error":
            self.refused(message)
        elif op == "result" and request == 3:
            self.taken(message["eventId"], message["seq"])
        elif op == "result" and request in (0, 2):
            if "epoch" not in message:
                raise ConnectionError("the history can't be read just now")
            if message.get("recovered", self.seq is None):
                say("resumed" if self.seq is not None else "subscribed")
            else:
                say("missed")
            if not message.get("recovered"):
                self.seq = message["seq"]
            self.epoch = message["epoch"]
            self.settled = message["seq"] or math.inf
        elif op == "reset":
            say("missed")
            self.epoch, self.seq, self.settled = message["epoch"], message["seq"], math.inf
        elif op == "bye":
            self.wait_s = message["reconnectAfterMs"] / 1000
        elif op == "events":
            counts = message.get("counts", {})
            likes = counts.get("like", 0) if counts else sum(e["kind"] == "like" for e in message["events"])
            if likes:
                say("likes", likes)
            for event in message["events"]:
                if "seq" in event:
                    self.durable(event)

    def durable(self, event):
        if event["prev"] > max(self.seq, self.settled):
            say("gap", self.seq, event["prev"])
            raise ConnectionError("an event is missing")
        self.seq = event["seq"]
        if self.settled == math.inf:  # Only the next event may follow any other.
            self.settled = self.seq
        n = (event.get("data") or {}).get("n")
        say(event["kind"], event["id"], event["seq"], event["prev"], event["at"], n)


try:
    asyncio.run(Watcher(*sys.argv[1:]).run())
except Final as fault:
    sys.exit(f"refused: {fault}")
