"""The apps for uvicorn: the name of the function is the name of the app."""
import random

from wsgi import compute


async def answer(send, text):
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})


async def tiny(scope, receive, send):
    await answer(send, b"Hello, World!")


async def computing(scope, receive, send):
    compute(0.008)
    await answer(send, b"computed")


async def mixed(scope, receive, send):
    if random.random() < 0.01:
        compute(0.05)
    await answer(send, b"mixed")
