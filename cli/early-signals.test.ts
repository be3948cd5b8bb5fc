import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";

/** Runs this code after `endOnEarlySignals`, sends SIGTERM once it has printed; gives the exit code. */
async function afterSigterm(code: string): Promise<number | null> {
  const module = join(import.meta.dirname, "early-signals.ts");
  const script = `import { endOnEarlySignals } from ${JSON.stringify(module)};
    endOnEarlySignals();
    setInterval(() => {}, 1_000);
    ${code}
    console.log("there");`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script]);
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  const [exitCode] = await once(child, "exit");
  return exitCode;
}

test("a signal ends the process while nobody listens for it", async () => {
  expect(await afterSigterm("")).toBe(143);
});

test("once the command listens, it alone decides", async () => {
  expect(await afterSigterm('process.on("SIGTERM", () => process.exit(7));')).toBe(7);
});
