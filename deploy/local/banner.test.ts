import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  banner,
  likeCommand,
  listenCommand,
  loginCommand,
  pageLines,
  type RunningStack,
  socketCommand,
  tokenCommands,
} from "./banner.ts";

const stack: RunningStack = {
  port: 8123,
  natsUrl: "nats://127.0.0.1:20001",
  publisherUrl: "nats://publisher:p0f@127.0.0.1:20001",
  consumerUrl: "nats://consumer:p1f@127.0.0.1:20001",
  observerUrl: "nats://observer:p2f@127.0.0.1:20001",
  processes: [
    { name: "gateway-1", pid: 11, opsPort: 20_011 },
    { name: "dispatcher-1", pid: 12, opsPort: 20_012 },
  ],
  logDirectory: "/somewhere/logs",
  pid: 10,
  tokens: undefined,
  hooksSecret: undefined,
};

/** How a shell splits a command into arguments, without the command's name. */
function shellArguments(command: string): readonly string[] {
  const script = command.replace(/^\S+/, "printf '%s\\0'");
  return execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1);
}

test("the banner shows where everything is", () => {
  const text = banner(stack, (title) => title);
  for (const fact of [
    "Open      http://127.0.0.1:8123/\n",
    "http://127.0.0.1:8123 ",
    "ws://127.0.0.1:8123/v1/connect",
    "nats://127.0.0.1:20001",
    "/somewhere/logs",
    "gateway-1     http://127.0.0.1:20011/readyz  http://127.0.0.1:20011/metrics  (pid 11)",
    "dispatcher-1  http://127.0.0.1:20012/readyz  http://127.0.0.1:20012/metrics  (pid 12)",
    "kill 10",
  ]) {
    expect(text).toContain(fact);
  }
  for (const line of pageLines(8123)) expect(text.split("\n")).toContain(`  ${line}`);
  for (const command of [listenCommand(8123), likeCommand(8123), socketCommand(8123)]) {
    expect(text.split("\n")).toContain(`  ${command}`);
  }
});

test("the page that it prints is the one that the documentation begins with", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/elements.md"), "utf8");
  expect(page).toContain(pageLines(8080).join("\n"));
});

test("a service's login is valid shell, and is not shown for a NATS that was given", () => {
  const url = "nats://publisher:p0f@127.0.0.1:20001";
  expect(banner(stack, (title) => title).split("\n")).toContain(`  export NATS_URL=${url}`);
  expect(shellArguments(loginCommand(url))).toEqual([`NATS_URL=${url}`]);
  const consumer = "  export OVATION_NATS_URL=nats://consumer:p1f@127.0.0.1:20001";
  expect(banner(stack, (title) => title).split("\n")).toContain(consumer);
  const observer = "  OVATION_NATS_URL=nats://observer:p2f@127.0.0.1:20001 npx ovation tail '*'";
  expect(banner(stack, (title) => title).split("\n")).toContain(observer);
  const none = { publisherUrl: undefined, consumerUrl: undefined, observerUrl: undefined };
  const given = { ...stack, ...none };
  expect(banner(given, (title) => title)).not.toContain("NATS_URL");
});

test("only titles are emphasized, and only by the caller's function", () => {
  const text = banner(stack, (title) => `«${title}»`);
  expect(text).toContain("«Ovation is up»");
  expect(text.replaceAll(/«(.*)»/g, "$1")).toBe(banner(stack, (title) => title));
});

test("the curl commands are valid shell", () => {
  const url = "http://127.0.0.1:8123/v1/videos/launch/events";
  expect(shellArguments(listenCommand(8123))).toEqual([
    "-N",
    "-H",
    "Accept: text/event-stream",
    url,
  ]);
  const type = "Content-Type: application/json";
  const like = ["-X", "POST", url, "-H", type, "-d", '{"kind":"like"}'];
  expect(shellArguments(likeCommand(8123))).toEqual(like);
});

test("the WebSocket command is valid shell, and its script valid JavaScript", () => {
  const [node, flag, script = ""] = shellArguments(socketCommand(8123));
  expect([node, flag]).toEqual(["node", "-e"]);
  expect(script).toContain('"ws://127.0.0.1:8123/v1/connect","ovation.v1.json"');
  expect(() => new Function(script)).not.toThrow();
});

test("where tokens are required, it prints them, and every line uses one", () => {
  const tokens = { viewer: "v.v.v", backend: "b.b.b", moderator: "m.m.m" };
  const text = banner({ ...stack, tokens }, (title) => title);
  expect(text).not.toContain("OPEN");
  for (const fact of [
    "Open      http://127.0.0.1:8123/#token=v.v.v\n",
    "Moderate  http://127.0.0.1:8123/console#token=m.m.m\n",
    ...tokenCommands(tokens).map((line) => `  ${line}\n`),
  ]) {
    expect(text).toContain(fact);
  }
  const commands = text.split("\n").filter((line) => /^ {2}(curl|npx|OVATION_URL)/.test(line));
  expect(commands).toHaveLength(5);
  for (const line of commands) expect(line).toMatch(/(VIEWER|BACKEND|MODERATOR)_TOKEN/);
});

test("the banner prints the secret of webhooks, where they are sent", () => {
  const text = banner({ ...stack, hooksSecret: "whsec_c2VjcmV0" }, (title) => title);
  expect(text).toContain("export WEBHOOK_SECRETS=whsec_c2VjcmV0\n");
});
