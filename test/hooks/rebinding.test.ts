/** The address of an endpoint is checked for each connection, whatever its name was resolved to before. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const PROGRAM = join(import.meta.dirname, "support/rebinding.ts");
/** Any that counts as public: in a network of its own, it is nobody's. */
const ADDRESS = "8.8.4.4";

test("a host name that becomes that of a private address gets nothing, until it is public again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ovation-rebinding-"));
  try {
    const hosts = join(folder, "hosts");
    writeFileSync(hosts, "127.0.0.1 localhost\n");
    const script = [
      "ip link set lo up",
      `ip address add ${ADDRESS}/32 dev lo`,
      'mount --bind "$2" /etc/hosts',
      `exec "$0" "$1" ${ADDRESS} "$2"`,
    ].join(" && ");
    const inside = ["sh", "-c", script, process.execPath, PROGRAM, hosts];
    const { stdout } = await promisify(execFile)("unshare", ["-r", "--net", "--mount", ...inside]);
    expect(JSON.parse(stdout)).toEqual({ seenWhilePrivate: 0, faults: [] });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
