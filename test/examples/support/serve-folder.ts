/** A web server of a folder, as any application has one. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { lookup } from "mrmime";

/** Resolves once it listens; the caller closes it. */
export async function serveFolder(folder: string, port: string): Promise<Server> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    // Browsers ask for it by themselves.
    if (pathname === "/favicon.ico") return void response.writeHead(204).end();
    const path = pathname === "/" ? "/index.html" : decodeURIComponent(pathname);
    const bytes = await readFile(join(folder, path)).catch(() => undefined);
    if (bytes === undefined) return void response.writeHead(404).end();
    response.setHeader("Content-Type", lookup(path) ?? "application/octet-stream");
    response.end(bytes);
  });
  server.listen(Number(port), "127.0.0.1");
  await once(server, "listening");
  return server;
}
