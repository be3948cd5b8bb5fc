/** A backend that serves a page, and gives its viewers tokens. */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tokenOfViewer } from "./tokens.js";

const gateway = process.env.OVATION_URL ?? "http://127.0.0.1:8080";
const port = Number(process.env.PORT ?? 3000);

/** Who the request is from. Your own sessions go here; this one makes everybody a guest of their own. */
function userOf(request, response) {
  const known = /(?:^|; )user=(guest-[0-9a-f-]{36})/.exec(request.headers.cookie ?? "")?.[1];
  const user = known ?? `guest-${randomUUID()}`;
  response.setHeader("Set-Cookie", `user=${user}; HttpOnly; SameSite=Lax; Path=/`);
  return user;
}

const routes = {
  "/": async (_request, response) => {
    const page = await readFile(new URL("index.html", import.meta.url), "utf8");
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(page.replaceAll("http://127.0.0.1:8080", gateway));
  },
  // The page asks again before a token expires.
  "/token": async (request, response) => {
    const token = await tokenOfViewer(userOf(request, response), "launch");
    response.setHeader("Cache-Control", "no-store");
    response.end(token);
  },
};

createServer(async (request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  const route = routes[pathname];
  if (route !== undefined) return await route(request, response);
  response.writeHead(404).end();
}).listen(port, () => console.log(`http://localhost:${port}/`));
