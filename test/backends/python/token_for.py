"""Prints a viewer's token: python token_for.py anna launch"""

import os
import sys
import time

import jwt


def viewer(actor, video):
    claims = {
        "sub": actor,
        "videos": [video],
        "publish": ["like", "comment"],
        "exp": int(time.time()) + 600,
    }
    return jwt.encode(claims, os.environ["OVATION_AUTH_SECRET"], algorithm="HS256")


print(viewer(*sys.argv[1:]))
