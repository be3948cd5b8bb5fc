"""Prints what happens on videos by pattern, over NATS: python observe.py "match-*" """

import asyncio
import json
import os
import sys

import msgpack
import nats

EVENTS, RECORD, SAMPLE = 1, 2, 5


def events_of(message):
    """The events of a message, each as viewers get it. Other forms have none."""
    form, *rest = msgpack.unpackb(message)
    if form in (EVENTS, SAMPLE):
        for entry in rest[0]:
            # What only one actor may see has that actor in the sixth place.
            is_private = len(entry) == 6 and isinstance(entry[5], str)
            if not is_private:
                yield msgpack.unpackb(entry[2])
    if form == RECORD:
        _prev, _last, entries = rest[1]
        for entry in entries:
            yield msgpack.unpackb(entry[3])


async def main(*patterns):
    # Its login is that of the user `observer`.
    nc = await nats.connect(os.environ["NATS_URL"], inbox_prefix="_INBOX.observer")

    async def show(message):
        for event in events_of(message.data):
            print(json.dumps(event), flush=True)

    await nc.subscribe("ov.observed.*", cb=show)
    while True:
        request = json.dumps({"videos": patterns}).encode()
        answer = json.loads((await nc.request("ov.observe", request, timeout=5)).data)
        if "error" in answer:
            raise SystemExit(answer["error"]["message"])
        # It holds for 30 seconds.
        await asyncio.sleep(10)


asyncio.run(main(*sys.argv[1:]))
