"""Debian's python3-websockets against troupe-conformance in mode "echo".
python_websocket.py URL deflate|plain   prints {"agreed": extensions, "echoed": messages}"""

import asyncio
import json
import sys

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

SIZES = (0, 1, 125, 126, 127, 65_535, 65_536, 300_000, 1_048_576)
OFFERS = {
    "plain": None,
    "deflate": [ClientPerMessageDeflateFactory(client_max_window_bits=True)],
    "deflate-small-windows": [ClientPerMessageDeflateFactory(server_max_window_bits=9, client_max_window_bits=9)],
    "deflate-no-context": [ClientPerMessageDeflateFactory(
        server_no_context_takeover=True, client_no_context_takeover=True)],
}


async def main(url, offer):
    echoed = 0
    async with websockets.connect(url, compression=None, extensions=OFFERS[offer], max_size=2**21) as socket:
        for size in SIZES:
            for message in ("t" * size, bytes(i % 251 for i in range(size))):
                await socket.send(message)
                assert await socket.recv() == message, size
                echoed += 1
        await socket.send(["a", "fragmented ", "text: κόσμε"])
        assert await socket.recv() == "afragmented text: κόσμε"
        await (await socket.ping(b"are you there"))
        agreed = socket.response_headers.get("Sec-WebSocket-Extensions")
    assert socket.close_code == 1000, socket.close_code
    print(json.dumps({"agreed": agreed, "echoed": echoed}))


asyncio.run(main(sys.argv[1], sys.argv[2]))
