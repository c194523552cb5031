// Runs @tus/server with its file store, set up as in its documentation.
//
//     tus-server.mjs PORT FOLDER PACKAGES
//
// PACKAGES is the folder whose node_modules contains both packages.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [port, directory, packages] = process.argv.slice(2);
const { resolve } = createRequire(`${packages}/package.json`);
const load = (name) => import(pathToFileURL(resolve(name)).href);

// Node 20 closes the stream of a download a second time if its reader hangs up right after the last byte. Without
// this handler the resulting exception would end the whole server.
process.on("uncaughtException", (error) => console.error(error));

const { Server } = await load("@tus/server");
const { FileStore } = await load("@tus/file-store");
new Server({ path: "/files", datastore: new FileStore({ directory }) }).listen({ host: "127.0.0.1", port: Number(port) });
