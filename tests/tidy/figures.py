"""The figures of the README, from what tools/bench wrote."""

import datetime
import platform

# What is shown of (a) fan-out, (b) rooms, (c) acknowledged round trips; the rest is in the table of goals.
SHOWN = [
    ("fanout 64x1", "1 event of 64 bytes to 1 000 subscribers, one in flight"),
    ("fanout 64x32", "the same, 32 in flight"),
    ("fanout 512x1", "512 bytes, one in flight"),
    ("fanout 512x32", "512 bytes, 32 in flight"),
    ("rooms ephemeral", "100 rooms of 20, not stored"),
    ("rooms durable", "100 rooms of 20, stored"),
    ("acks ephemeralx1", "acknowledged round trips, not stored"),
    ("acks durablex1", "acknowledged round trips, stored"),
    ("acks durablex16", "stored, 16 in flight on each of 100 connections"),
]


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as f:
            return next(line.split(":", 1)[1].strip() for line in f if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def as_markdown(measured):
    medians = {(x["what"], x["server"]): x["median"] for x in measured["figures"]}
    today = datetime.date.today().isoformat()
    out = [f"Measured on {today}: {measured['cores']} cores of {processor()}, load generator and server on the same",
           "machine, Troupe with one shard since Socket.IO has one thread.", "",
           "| load | server | deliveries/s | CPU µs per delivery | p50 ms | p99 ms |", "| --- | --- | --: | --: | --: | --: |"]
    for what, told in SHOWN:
        for server in ("Troupe", "Socket.IO"):
            x = medians.get((what, server))
            if x and "deliveries_per_second" in x:
                out.append(f"| {told} | {server} | {x['deliveries_per_second']:,.0f} | "
                           f"{x['server_cpu_us_per_delivery']:.2f} | {x['p50_us'] / 1000:.2f} | {x['p99_us'] / 1000:.2f} |")
    out += ["", "| held against a goal | figure | measured | goal | |", "| --- | --- | --: | --: | --- |"]
    out += [f"| {g['what']} | {g['figure']} | {g['measured']} | {g['wanted']} | {g['result'].lower()} |"
            for g in measured["goals"]]
    return "\n".join(out) + "\n"
