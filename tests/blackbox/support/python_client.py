"""An independent Socket.IO client (Debian's python3-socketio) against troupe-conformance in mode "app".
python_client.py URL TRANSPORT[,TRANSPORT]   prints what it saw as one JSON object"""

import json
import sys
import threading

import socketio

PATIENCE = 10


class Client:
    def __init__(self, url, transports, namespaces):
        self.log = []
        self.news = threading.Condition()
        self.io = socketio.Client(reconnection=False)
        for name in namespaces:
            for event in ("echo-back", "room-joined", "user-joined", "new-message", "user-typing", "disconnect"):
                self.io.on(event, self.writer(name, event), namespace=name)
        self.io.connect(url, auth={"token": "secret"}, transports=transports, namespaces=namespaces,
                        wait_timeout=PATIENCE)

    def writer(self, name, event):
        def write(*args):
            with self.news:
                self.log.append([name, event, *args])
                self.news.notify_all()
        return write

    def wait(self, event, count=1):
        found = []

        def enough():
            found[:] = [entry for entry in self.log if entry[1] == event]
            return len(found) >= count
        with self.news:
            if not self.news.wait_for(enough, PATIENCE):
                raise TimeoutError(f"{event}: {self.log}")
        return found

    def ask(self, event, *args, namespace="/"):
        return self.io.call(event, args, namespace=namespace, timeout=PATIENCE)


def plain(value):
    if isinstance(value, bytes):
        return {"bytes": list(value)}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def refusal(url, transports):
    client = socketio.Client(reconnection=False)
    said = []
    client.on("connect_error", said.append)
    try:
        client.connect(url, auth={"token": "wrong"}, transports=transports, wait_timeout=PATIENCE)
        return "connected"
    except socketio.exceptions.ConnectionError:
        return said[0] if said else None


def main():
    url, transports = sys.argv[1], sys.argv[2].split(",")
    seen = {"refusal": refusal(url, transports)}
    a = Client(url, transports, ["/", "/custom"])
    b = Client(url, transports, ["/"])
    seen["transport"] = a.io.transport()
    seen["ids differ"] = len({a.io.get_sid("/"), a.io.get_sid("/custom"), b.io.get_sid("/")}) == 3
    seen["text"] = a.ask("echo", 1, "two €", {"three": [None, True]})
    seen["bytes"] = plain(a.ask("echo", {"deep": [b"\x00\xff", b""]}, b"x" * 3))
    seen["custom"] = a.ask("echo", "there", namespace="/custom")
    a.io.emit("echo", ("back", b"\x07"))
    seen["echo-back"] = plain(a.wait("echo-back")[0][2:4])
    seen["joined"] = a.ask("join-room", "py")
    b.io.emit("join-room", {"roomId": "py"})
    seen["room-joined"] = b.wait("room-joined")[0][2]
    seen["user-joined"] = a.wait("user-joined")[0][2]["userId"] == b.io.get_sid("/")
    for i in range(50):
        answer = a.ask("send-message", {"roomId": "py", "content": f"message {i}"})
    seen["answer"] = answer["ok"]
    seen["messages"] = [[entry[2]["content"] for entry in who.wait("new-message", 50)] ==
                        [f"message {i}" for i in range(50)] for who in (a, b)]
    a.io.emit("disconnect-me")
    seen["left"] = a.wait("disconnect")[0][0]
    seen["still in /custom"] = a.ask("echo", "still", namespace="/custom")
    b.io.emit("close-transport")
    b.wait("disconnect")
    seen["closed"] = True
    a.io.disconnect()
    print(json.dumps(seen))


main()
