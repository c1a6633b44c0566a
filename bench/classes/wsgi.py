"""The same as app.ts, for Gunicorn."""
import time

COSTS = {"/page": 0.02, "/report": 0.2}


def app(environ, start_response):
    time.sleep(COSTS.get(environ["PATH_INFO"], 0))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "8")])
    return [b"computed"]
