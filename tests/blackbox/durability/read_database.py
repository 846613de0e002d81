#!/usr/bin/env python3
"""Prints one room's log and projection of a node's SQLite database as JSON (for check.mjs)."""
import json
import sqlite3
import sys


def main() -> None:
    path, room = sys.argv[1:3]
    database = sqlite3.connect(path, timeout=20)
    integrity = database.execute("PRAGMA integrity_check").fetchone()[0]
    (last_seq,) = database.execute("SELECT last_seq FROM rooms WHERE id = ?", (room,)).fetchone()
    events = []
    for seq, kind, actor, body in database.execute(
        "SELECT seq, type, actor_id, body FROM room_events WHERE room_id = ? ORDER BY seq", (room,)
    ):
        data = json.loads(body)
        events.append(
            {
                "seq": seq,
                "type": kind,
                "senderId": actor,
                "id": data.get("id"),
                "clientId": data.get("clientId"),
                "content": data.get("content"),
            }
        )
    messages = [
        {"id": identity, "seq": seq, "content": content}
        for identity, seq, content in database.execute(
            "SELECT id, seq, content FROM messages WHERE room_id = ? ORDER BY seq", (room,)
        )
    ]
    json.dump({"lastSeq": last_seq, "integrity": integrity, "events": events, "messages": messages}, sys.stdout)


if __name__ == "__main__":
    main()
