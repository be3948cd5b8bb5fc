/** A backup on disk: a file for each stream, and `backup.json`, which says what they are. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { SnapshotHead, StreamSnapshot } from "../../shared/bus/stream-snapshot.ts";
import { Refused } from "./command.ts";

const FORMAT = 1;
const CHUNK_BYTES = 131_072;

const savedSchema = z.object({
  stream: z.string().regex(/^[A-Za-z0-9_-]+$/),
  messages: z.number(),
  bytes: z.number(),
  sha256: z.string(),
  head: z.custom<SnapshotHead>((value) => typeof value === "object" && value !== null),
});
const backupSchema = z.object({
  format: z.literal(FORMAT),
  /** When it began and ended, in ISO 8601. */
  began: z.string(),
  ended: z.string(),
  ovation: z.string(),
  nats: z.string(),
  streams: z.array(savedSchema),
});

/** A stream in a backup. */
export type SavedStream = z.infer<typeof savedSchema>;
export type Backup = z.infer<typeof backupSchema>;

function fileOf(folder: string, stream: string): string {
  return join(folder, `${stream}.snapshot`);
}

/** Makes the folder, for this user only. @throws Refused when something is in it */
export async function newFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0) throw new Refused(`${folder} is not empty`);
}

export async function saveStream(folder: string, snapshot: StreamSnapshot): Promise<SavedStream> {
  const { head, chunks } = snapshot;
  const stream = head.config.name;
  const hash = createHash("sha256");
  let bytes = 0;
  const file = await open(fileOf(folder, stream), "wx", 0o600);
  try {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { stream, messages: head.state.messages, bytes, sha256: hash.digest("hex"), head };
}

/** The last file: a folder without it is no backup. */
export async function finish(folder: string, backup: Omit<Backup, "format">): Promise<void> {
  const text = `${JSON.stringify({ format: FORMAT, ...backup }, undefined, 2)}\n`;
  await writeFile(join(folder, "backup.json"), text, { mode: 0o600, flag: "wx" });
}

/** @throws Refused when the folder holds no whole backup */
export async function readBackup(folder: string): Promise<Backup> {
  const text = await readFile(join(folder, "backup.json"), "utf8").catch((error: unknown) => {
    throw new Refused(`${folder} holds no backup, or an unfinished one: ${String(error)}`);
  });
  const parsed = backupSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Refused(`${folder}/backup.json is not of format ${FORMAT}`);
  for (const saved of parsed.data.streams) {
    const hash = createHash("sha256");
    for await (const chunk of chunksOf(folder, saved)) hash.update(chunk);
    if (hash.digest("hex") !== saved.sha256) {
      throw new Refused(`${saved.stream}.snapshot is not what was saved: its SHA-256 differs`);
    }
  }
  return parsed.data;
}

export function chunksOf(folder: string, { stream }: SavedStream): AsyncIterable<Uint8Array> {
  return createReadStream(fileOf(folder, stream), { highWaterMark: CHUNK_BYTES });
}
