"""
The same with Celery: `celery -A celery_tasks worker` runs tasks, and `python3 celery_tasks.py` adds them on port `PORT`.
Tasks are given out again if a worker dies (`acks_late`), and no results are stored. A worker takes as many tasks ahead as
there are: with a limit (`worker_prefetch_multiplier` 4), one that has reached it notices only by a timer, up to 10 s later,
that its threads have finished some, and runs a few tasks a second.
"""

import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from celery import Celery

app = Celery("celery_tasks", broker=f"redis://127.0.0.1:{os.environ['REDIS_PORT']}/0")
app.conf.update(task_acks_late=True, task_ignore_result=True, worker_prefetch_multiplier=0)


class Tally:
    """Lines like those of tally.js, 20 ms apart."""

    def __init__(self):
        self.lock = threading.Lock()
        self.clear()
        self.will_write = False

    def clear(self):
        self.count, self.first, self.last, self.waits = 0, None, 0.0, []

    def begun(self, sent):
        now = time.time() * 1000
        with self.lock:
            if self.first is None:
                self.first = now
            if sent is not None:
                self.waits.append(now - sent)

    def ended(self):
        with self.lock:
            self.last = time.time() * 1000
            self.count += 1
            if self.will_write:
                return
            self.will_write = True
        threading.Timer(0.02, self.write).start()

    def write(self):
        with self.lock:
            line = {"pid": os.getpid(), "count": self.count, "first": self.first, "last": self.last, "waits": self.waits}
            self.clear()
            self.will_write = False
        # Without a buffer, a line is one piece for the other process.
        with open(os.environ["TALLY"], "ab", buffering=0) as file:
            file.write((json.dumps(line) + "\n").encode())


tally = Tally()


@app.task
def work(wait, sent=None):
    tally.begun(sent)
    if wait > 0:
        time.sleep(wait / 1000)
    tally.ended()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(b"Hello, World!")

    def do_POST(self):
        options = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        began = time.time()
        add_all(**options)
        self.answer(json.dumps(1000 * (time.time() - began)).encode())

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def add_all(count, together, wait, isTimed):
    def add(_):
        work.delay(wait, time.time() * 1000 if isTimed else None)

    if together == 1:
        for number in range(count):
            add(number)
    else:
        list(adders.map(add, range(count)))


if __name__ == "__main__":
    # More of them add no more a second: one thread of Python runs at a time.
    adders = ThreadPoolExecutor(4)
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
