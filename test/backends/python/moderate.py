"""Deletes a comment and mutes its author: python moderate.py launch <id> troll-7"""

import os
import sys
from datetime import datetime, timezone
from urllib.parse import quote

import httpx

video, event_id, actor = (quote(name, safe="") for name in sys.argv[1:])
headers = {"Authorization": f"Bearer {os.environ['OVATION_TOKEN']}"}
with httpx.Client(base_url=os.environ["OVATION_URL"], headers=headers) as client:
    client.delete(f"/v1/videos/{video}/events/{event_id}").raise_for_status()
    mute = {"mode": "mute", "forMs": 600_000, "reason": "spam"}
    answer = client.put(f"/v1/videos/{video}/bans/{actor}", json=mute).raise_for_status()
    until = datetime.fromtimestamp(answer.json()["untilMs"] / 1000, timezone.utc)
    print("muted until", until.isoformat())
