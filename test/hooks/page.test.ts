/** docs/webhooks.md as printed: an endpoint is set up by its commands, and gets what the page says. */
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Ajv2020 } from "ajv/dist/2020.js";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import schema from "../../docs/webhook-events.schema.json" with { type: "json" };
import { readMetrics } from "../../kit/metrics-page.ts";
import { freePort } from "../../kit/nats/free-port.ts";
import { Command } from "../local/npm-start.ts";
import { eventually } from "../support/eventually.ts";
import { HookReceiver } from "../support/hook-receiver.ts";
import { TEST_PASSWORDS } from "../support/nats-users.ts";
import { PageCode } from "../support/page-code.ts";
import { TestStack } from "../support/stack.ts";
import { post } from "../support/viewer.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
/** Within the repository, so that programs find its packages. */
const FOLDER = join(ROOT, ".cache/test-hooks-page");
const TYPES = {
  extends: "../../tsconfig.json",
  compilerOptions: { paths: { "ovation-server": ["../../server-sdk/index.ts"] } },
  include: ["receiver.ts"],
};

const page = new PageCode("docs/webhooks.md");
let stack: TestStack;
const programs: Command[] = [];

beforeAll(async () => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(join(FOLDER, "bin"), { recursive: true });
  const command = join(FOLDER, "bin/ovation");
  writeFileSync(command, `#!/bin/sh\nexec ${process.execPath} ${ROOT}/cli/main.ts "$@"\n`);
  chmodSync(command, 0o755);
  writeFileSync(join(FOLDER, "hooks-password"), TEST_PASSWORDS.hooks);
  stack = await TestStack.start();
});

afterEach(async () => {
  for (const program of programs.splice(0)) {
    program.signalGroup("SIGKILL");
    await program.ended;
  }
});

afterAll(async () => {
  await stack?.stop();
  rmSync(FOLDER, { recursive: true, force: true });
});

/** Runs the page's command for an instance, with other flags; resolves when it works. */
async function instance(changed: (command: string) => string): Promise<void> {
  const opsPort = await freePort();
  const printed = page.block("sh", "ovation hooks --nats-url");
  const command = changed(printed.replace("nats://nats:4222", stack.nats.url));
  const path = `${join(FOLDER, "bin")}:${process.env["PATH"]}`;
  const env = { PATH: path, OVATION_OPS_PORT: String(opsPort) };
  const program = new Command("sh", ["-c", `cd ${FOLDER} && ${command}`], env);
  programs.push(program);
  const isActive = async () => {
    const metrics = await readMetrics(`http://127.0.0.1:${opsPort}/metrics`);
    return metrics.sum("ovation_hooks_active") === 1;
  };
  const active = eventually(() => isActive().catch(() => false));
  await Promise.race([active, program.ended.then(() => Promise.reject(program.output))]);
}

const publish = async (id: string) => {
  const { status } = await post(stack.gateway.port, "launch", { kind: "comment", id });
  expect(status).toBe(200);
};

test("an endpoint in Node gets what happens, by the commands and the program of the page", async () => {
  await run("sh", ["-c", page.block("sh", "openssl")], { cwd: FOLDER });
  const secret = readFileSync(join(FOLDER, "hooks-secret"), "utf8").trim();
  expect(secret).toMatch(/^whsec_/);
  const code = page.block("ts");
  writeFileSync(join(FOLDER, "receiver.ts"), code);
  writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify(TYPES));
  const { stdout } = await run(join(ROOT, "node_modules/.bin/tsc"), ["-p", FOLDER, "--noEmit"]);
  expect(stdout).toBe("");
  await build({
    entryPoints: [join(FOLDER, "receiver.ts")],
    outfile: join(FOLDER, "receiver.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
    alias: { "ovation-server": join(ROOT, "server-sdk/index.ts") },
  });
  const port = await freePort();
  const receiver = new Command(process.execPath, [join(FOLDER, "receiver.mjs")], {
    PORT: String(port),
    WEBHOOK_SECRETS: secret,
  });
  programs.push(receiver);
  const url = `http://127.0.0.1:${port}/ovation`;
  await instance((command) => command.replace("https://backend.example.com/ovation", url));
  await publish("first");
  const [line] = await receiver.prints(/^\{.*"first".*$/m);
  expect(JSON.parse(line)).toMatchObject({ type: "events", data: { events: [{ version: 1 }] } });
  const unsigned = await fetch(url, { method: "POST", body: "{}" });
  expect(unsigned.status).toBe(401);
});

test("the endpoints of the page's file get the types that they name", async () => {
  const [archive, billing] = [new HookReceiver(), new HookReceiver()];
  for (const receiver of [archive, billing]) await receiver.start();
  try {
    writeFileSync(join(FOLDER, "archive-secret"), archive.secret);
    writeFileSync(join(FOLDER, "billing-secret"), billing.secret);
    const file = page
      .block("json", '"endpoints"')
      .replace("https://archive.example.com/ovation", archive.url)
      .replace("https://billing.example.com/hooks", billing.url);
    writeFileSync(join(FOLDER, "hooks.json"), file);
    const flag = "--hooks-file hooks.json";
    await instance((command) => `${command.slice(0, command.indexOf("--hooks-url"))} ${flag}`);
    await publish("second");
    const end = `http://127.0.0.1:${stack.gateway.port}/v1/videos/launch/end`;
    expect((await fetch(end, { method: "PUT" })).status).toBe(200);
    await eventually(() => billing.of("video.ended").length === 1);
    await eventually(() => archive.of("video.ended").length === 1);
    expect(archive.of("comment.stored")).toMatchObject([{ data: { id: "second" } }]);
    expect(billing.events.map(({ type }) => type)).toEqual(["video.ended"]);
    expect([...archive.faults, ...billing.faults]).toEqual([]);
  } finally {
    await archive.stop();
    await billing.stop();
  }
});

test("the example of a body is as its schema says", () => {
  const ajv = new Ajv2020({ validateFormats: false });
  const isBody = ajv.compile(schema);
  expect(isBody(JSON.parse(page.block("json", '"type": "events"'))), ajv.errorsText()).toBe(true);
});
