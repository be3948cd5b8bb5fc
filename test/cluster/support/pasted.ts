/** The commands of docs/operations.md, run as printed. */
import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { bundled } from "../../support/bundle.ts";
import { TEST_PASSWORDS } from "../../support/nats-users.ts";

export class Pasted {
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#env = env;
  }

  /** @param env in addition to the passwords of NATS and to `ovation` on the PATH */
  static async start(env: Readonly<Record<string, string>>): Promise<Pasted> {
    const folder = await mkdtemp(join(tmpdir(), "ovation-pasted-"));
    const program = join(folder, "ovation");
    const main = bundled("cli/main.ts");
    await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
    await chmod(program, 0o755);
    return new Pasted(folder, env);
  }

  /**
   * Runs them; they must succeed.
   * @param natsUrl of the nats-server that `ovation` uses as the admin, without a login; undefined: the
   *   commands say which
   * @param instead what stands there instead of an address of the page
   * @returns what they print
   */
  async run(
    script: string,
    natsUrl: string | undefined,
    instead: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const here = Object.entries(instead).reduce((text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`${from} is not in:\n${text}`);
      return text.replaceAll(from, to);
    }, script);
    const admin = {
      OVATION_NATS_URL: natsUrl,
      OVATION_NATS_USER: "admin",
      OVATION_NATS_PASSWORD: TEST_PASSWORDS.admin,
      NATS_SYSTEM_PASSWORD: TEST_PASSWORDS.system,
    };
    const env = {
      ...process.env,
      PATH: `${this.#folder}${delimiter}${process.env["PATH"]}`,
      ...(natsUrl === undefined ? {} : admin),
      ...this.#env,
    };
    const { stdout } = await promisify(execFile)("bash", ["-e", "-c", here], { env });
    return stdout;
  }

  async stop(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
