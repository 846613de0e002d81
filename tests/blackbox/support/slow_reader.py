"""A client with a small receive buffer that reads so many bytes a second, which Node can't be.
slow_reader.py PORT TOKEN TOPIC ws|sse BYTES_PER_SECOND SECONDS   says "ready" when it is subscribed, "late" when
four fifths of the time are over, "open N" or "cut N" with the bytes it read when all of it is or the connection"""

import json
import socket
import sys
import threading
import time

port, token, topic, kind, rate, seconds = sys.argv[1:]
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
s.connect(("127.0.0.1", int(port)))
head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"


def text_frame(text):
    data = text.encode()
    return bytes([0x81, 0x80 | len(data), 0, 0, 0, 0]) + data  # below 126 bytes


def wait_for(what):
    seen = b""
    while what not in seen:
        got = s.recv(1024)
        if not got:
            sys.exit(f"ended: {seen}")
        seen += got


if kind == "ws":
    s.sendall(f"GET /ws HTTP/1.1\r\n{head}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
    wait_for(b"authenticated")
    s.sendall(text_frame(json.dumps({"event": "subscribe", "data": {"topic": topic}, "id": 1})))
    wait_for(b'"ack":1')
else:
    s.sendall(f"GET /api/v1/stream?topics={topic} HTTP/1.1\r\n{head}\r\n".encode())
    wait_for(b"stream-ready")
print("ready", flush=True)
begin = time.monotonic()
total = 0
pace = threading.Event()  # nobody sets it
is_late = False
while (passed := time.monotonic() - begin) < float(seconds):
    if not is_late and passed > 0.8 * float(seconds):
        is_late = True
        print("late", flush=True)
    pace.wait(0.1)
    got = s.recv(int(rate) // 10)
    if not got:
        break
    total += len(got)
print("open" if got else "cut", total)
