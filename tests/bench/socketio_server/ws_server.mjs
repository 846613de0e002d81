// The peer of the compression benchmark: npm `ws` with permessage-deflate as its documentation shows it, and the
// few words of Troupe's plain protocol that the load needs.   node ws_server.mjs PORT
import { WebSocketServer } from "ws";

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(process.argv[2]),
  perMessageDeflate: { threshold: 1024 },
});
const topics = new Map();

server.on("connection", (socket) => {
  socket.send(JSON.stringify({ event: "authenticated", data: {} }));
  socket.on("message", (bytes) => {
    const { event, data, id } = JSON.parse(bytes.toString());
    if (event === "subscribe") {
      if (!topics.has(data.topic)) topics.set(data.topic, new Set());
      topics.get(data.topic).add(socket);
      socket.send(JSON.stringify({ ack: id, data: { ok: true } }));
    } else if (event === "publish") {
      const text = JSON.stringify({ event: data.event, data: data.data });
      for (const each of topics.get(data.topic) ?? []) each.send(text);
    }
  });
  socket.on("close", () => {
    for (const all of topics.values()) all.delete(socket);
  });
});
server.on("listening", () => console.log("listening"));
process.on("SIGTERM", () => process.exit(0));
