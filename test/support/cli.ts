/** The command `ovation` as a process, with a login of NATS. */
import { execFile } from "node:child_process";
import type { NatsUser } from "../../kit/nats/access.ts";
import { bundled } from "./bundle.ts";
import { natsUrlAs } from "./nats-users.ts";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param url of the nats-server, without a user */
export async function ovationAs(user: NatsUser, url: string, ...words: string[]): Promise<Ran> {
  const argv = [bundled("cli/main.ts"), ...words, "--nats-url", natsUrlAs(user, url)];
  return await new Promise((resolve) => {
    execFile(process.execPath, argv, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}
