// Runs socket.io as its own documentation advises for many clients (https://socket.io/docs/v4/performance-tuning/ and
// https://socket.io/docs/v4/memory-usage/): WebSocket only, no compression, the adapter in memory, the native add-on of
// the engine, and no reference to the request that opened a socket.
//
//     node --expose-gc server.mjs PACKAGES
//
// PACKAGES is the folder whose node_modules contains the packages. The server takes a free port of 127.0.0.1 and prints
// its address. A client names its room when it connects. Over HTTP, a text can be added to a room, as in SnapDrop.

import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [packages] = process.argv.slice(2);
const { resolve } = createRequire(`${packages}/package.json`);
const { Server } = await import(pathToFileURL(resolve("socket.io")).href);

let texts = 0;

const server = createServer((request, response) => {
  const room = /^\/rooms\/(\d+)\/snippets$/.exec(request.url)?.[1];
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    if (request.method === "POST" && request.url === "/gc") {
      // What is measured is what the server needs, not what waits to be collected.
      globalThis.gc();
      response.writeHead(204).end();
    } else if (request.method === "POST" && room) {
      const { text } = JSON.parse(Buffer.concat(chunks));
      const snippet = { id: ++texts, text, added_at_ms: Date.now() };
      io.to(room).emit("snippet_added", snippet);
      const body = JSON.stringify({ id: snippet.id });
      response.writeHead(201, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body);
    } else {
      response.writeHead(404, { "content-length": 0 }).end();
    }
  });
});

const io = new Server(server, { transports: ["websocket"], perMessageDeflate: false, serveClient: false });
io.engine.on("connection", (rawSocket) => {
  rawSocket.request = null;
});
io.on("connection", (socket) => socket.join(socket.handshake.auth.room));

server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => console.log(`listens on http://127.0.0.1:${server.address().port}`));
