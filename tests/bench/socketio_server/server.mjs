// The peer of the benchmarks: the same events as Troupe's public topics, written as socket.io's own
// documentation would, with its default options.   node server.mjs PORT   (BENCH_SECRET: of the tokens)
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { Server } from "socket.io";

const secret = process.env.BENCH_SECRET;

function verified(token) {
  const [header, claims, signature] = String(token).split(".");
  const expected = createHmac("sha256", secret).update(`${header}.${claims}`).digest();
  const given = Buffer.from(signature ?? "", "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new Error("invalid token");
  }
  if (JSON.parse(Buffer.from(header, "base64url")).alg !== "HS256") {
    throw new Error("invalid algorithm");
  }
  const user = JSON.parse(Buffer.from(claims, "base64url"));
  if (user.exp * 1000 < Date.now()) {
    throw new Error("expired token");
  }
  return user;
}

const httpServer = createServer();
const io = new Server(httpServer);

io.use((socket, next) => {
  try {
    socket.data.user = verified(socket.handshake.auth.token);
    next();
  } catch (error) {
    next(error);
  }
});

io.on("connection", (socket) => {
  socket.on("subscribe", ({ topic }, ack) => {
    socket.join(topic);
    ack?.({ ok: true });
  });
  socket.on("unsubscribe", ({ topic }, ack) => {
    socket.leave(topic);
    ack?.({ ok: true });
  });
  socket.on("publish", ({ topic, event, data }, ack) => {
    io.to(topic).emit(event, data);
    ack?.({ ok: true });
  });
});

httpServer.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("listening"));
process.on("SIGTERM", () => process.exit(0));
