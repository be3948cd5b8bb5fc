/** A live HLS stream of ffmpeg's, each frame of which has its number in the picture. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, extname, join } from "node:path";
import { eventually } from "../support/eventually.ts";

const FFMPEG = "/usr/bin/ffmpeg";
export const hasFfmpeg = existsSync(FFMPEG) || Boolean(process.env["OVATION_TEST_REQUIRE"]);

const FRAMES_PER_SECOND = 10;
/** Of a frame's number, each bit is a bar of this width in the picture. */
export const BAR_PIXELS = 10;
const PLAYLIST = "live.m3u8";
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".m3u8": "application/vnd.apple.mpegurl",
  ".ts": "video/mp2t",
};

function ffmpegArguments(): string[] {
  const bars = `geq=lum='255*mod(floor(N/pow(2,floor(X/${BAR_PIXELS}))),2)':cb=128:cr=128`;
  const source = `nullsrc=size=160x90:rate=${FRAMES_PER_SECOND},format=yuv420p,${bars}`;
  return [
    ..."-loglevel error -re -f lavfi -i".split(" "),
    source,
    ..."-c:v libx264 -preset ultrafast -tune zerolatency -g 10 -pix_fmt yuv420p".split(" "),
    ..."-f hls -hls_time 1 -hls_list_size 60 -hls_flags program_date_time".split(" "),
    PLAYLIST,
  ];
}

export class HlsStream {
  readonly #folder: string;
  readonly #encoder: ChildProcess;
  readonly #server: Server;
  /** When the first frame was taken, in milliseconds since 1970. */
  #startedAt = 0;

  private constructor(folder: string, encoder: ChildProcess, server: Server) {
    this.#folder = folder;
    this.#encoder = encoder;
    this.#server = server;
  }

  /** @param pages files that are served beside the stream, by their paths */
  static async start(pages: ReadonlyMap<string, string>): Promise<HlsStream> {
    const folder = await mkdtemp(join(tmpdir(), "ovation-hls-"));
    const encoder = spawn(FFMPEG, ffmpegArguments(), { cwd: folder, stdio: "inherit" });
    const server = createServer(async (request, response) => {
      const path = new URL(request.url ?? "/", "http://host").pathname;
      try {
        const body = pages.get(path) ?? (await readFile(join(folder, basename(path))));
        response.setHeader("Content-Type", TYPES[extname(path)] ?? "text/plain");
        response.setHeader("Cache-Control", "no-store");
        response.end(body);
      } catch {
        response.writeHead(404).end();
      }
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const stream = new HlsStream(folder, encoder, server);
    await eventually(async () => (await stream.seconds()) > 0);
    const [, date = ""] = /PROGRAM-DATE-TIME:(\S+)/.exec(await stream.#playlist()) ?? [];
    stream.#startedAt = Date.parse(date);
    return stream;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `${this.origin}/${PLAYLIST}`;
  }

  get startedAt(): number {
    return this.#startedAt;
  }

  /** How much of it there is. */
  async seconds(): Promise<number> {
    return [...(await this.#playlist()).matchAll(/#EXTINF/g)].length;
  }

  /** When a frame was taken. */
  timeOf(frame: number): number {
    return this.#startedAt + (frame * 1_000) / FRAMES_PER_SECOND;
  }

  async stop(): Promise<void> {
    this.#encoder.kill("SIGKILL");
    this.#server.close();
    this.#server.closeAllConnections();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #playlist(): Promise<string> {
    return await readFile(join(this.#folder, PLAYLIST), "utf8").catch(() => "");
  }
}
