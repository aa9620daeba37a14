"""The moto server as its own command starts it, without a log line per request. Arguments: the port."""

from __future__ import annotations

import logging
import sys

from moto.server import main

logging.getLogger("werkzeug").setLevel(logging.ERROR)
main(["-H", "127.0.0.1", "-p", sys.argv[1]])
