"""The apps for Gunicorn: the name of the function is the name of the app."""
import random
import time

HEADERS = [("Content-Type", "text/plain")]


def answer(start_response, text):
    start_response("200 OK", HEADERS + [("Content-Length", str(len(text)))])
    return [text]


def compute(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def tiny(environ, start_response):
    return answer(start_response, b"Hello, World!")


def computing(environ, start_response):
    compute(0.008)
    return answer(start_response, b"computed")


def mixed(environ, start_response):
    if random.random() < 0.01:
        compute(0.05)
    return answer(start_response, b"mixed")
