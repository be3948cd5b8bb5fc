/** What `npm start` prints when everything runs. */
import type { Emphasis } from "../../kit/say.ts";

/** A running gateway or dispatcher. */
interface RunningProcess {
  readonly name: string;
  readonly pid: number | undefined;
  readonly opsPort: number;
}

/** What the banner shows of a running stack. */
export interface RunningStack {
  readonly port: number;
  /** Without user and password. */
  readonly natsUrl: string;
  /** With the login of the user that services publish as; undefined for a NATS that was given. */
  readonly publisherUrl: string | undefined;
  readonly processes: readonly RunningProcess[];
  readonly logDirectory: string;
  /** The process that a SIGINT stops. */
  readonly pid: number;
}

/** The example's video; it exists as soon as somebody uses it. */
export const VIDEO = "launch";

/** The command that prints the events of the example's video. */
export function listenCommand(port: number): string {
  return `curl -N -H 'Accept: text/event-stream' ${eventsUrl(port)}`;
}

/** The command that publishes a like on the example's video. */
export function likeCommand(port: number): string {
  return `curl -X POST ${eventsUrl(port)} -H 'Content-Type: application/json' -d '{"kind":"like"}'`;
}

/** Like {@link listenCommand}, but over a WebSocket; it needs only Node 22. */
export function socketCommand(port: number): string {
  // Without single quotes, because it is put between them.
  const script = [
    `const s=new WebSocket("ws://127.0.0.1:${port}/v1/connect","ovation.v1.json")`,
    "s.onmessage=m=>console.log(m.data)",
    `s.onclose=c=>console.log("closed",c.code)`,
    `s.onopen=()=>[{op:"connect",id:1},{op:"subscribe",id:2,video:"${VIDEO}"}].forEach(r=>s.send(JSON.stringify(r)))`,
  ].join(";");
  return `npx node -e '${script}'`;
}

/**
 * A page of its own with everything on it, as a file or from any server of this machine. A viewer of an
 * open gateway who has no token is a guest: it may vote.
 */
export function pageLines(port: number): readonly string[] {
  return [
    "<!doctype html>",
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    '<meta name="color-scheme" content="light dark"><title>Live</title>',
    `<script type="module" src="http://127.0.0.1:${port}/v1/ovation.js"></script>`,
    `<ovation-live video="${VIDEO}" reactions="❤️ 🔥 👏 😮" guest></ovation-live>`,
  ];
}

/** What a service needs to publish directly over NATS: the URL with its login, as a variable. */
export function loginCommand(publisherUrl: string): string {
  return `export NATS_URL=${publisherUrl}`;
}

/** The whole banner, one string with line breaks. */
export function banner(stack: RunningStack, emphasis: Emphasis): string {
  const { port, processes, publisherUrl } = stack;
  const width = Math.max(...processes.map(({ name }) => name.length));
  const ops = processes.map(({ name, pid, opsPort }) => {
    const url = `http://127.0.0.1:${opsPort}`;
    return `  ${name.padEnd(width)}  ${url}/readyz  ${url}/metrics  (pid ${pid ?? "none"})`;
  });
  return [
    "",
    emphasis("Ovation is up"),
    `  Open      http://127.0.0.1:${port}/`,
    `  Moderate  http://127.0.0.1:${port}/console`,
    "",
    `  Gateways  http://127.0.0.1:${port}  ws://127.0.0.1:${port}/v1/connect`,
    `  NATS      ${stack.natsUrl}`,
    `  Logs      ${stack.logDirectory}`,
    "",
    emphasis("OPEN to everybody who reaches it: tokens are not checked (docs/authentication.md)"),
    "",
    emphasis("Health and metrics"),
    ...ops,
    "",
    emphasis("A page of your own: save this as a file, and open it (docs/elements.md)"),
    ...pageLines(port).map((line) => `  ${line}`),
    "",
    emphasis("Listen to a video"),
    `  ${listenCommand(port)}`,
    "",
    emphasis("Publish a like, from another terminal"),
    `  ${likeCommand(port)}`,
    "",
    emphasis("Listen by WebSocket, from this folder"),
    `  ${socketCommand(port)}`,
    "",
    ...(publisherUrl === undefined ? [] : serviceLines(publisherUrl, emphasis)),
    `Ctrl-C stops everything (or: kill ${stack.pid})`,
    "",
  ].join("\n");
}

function serviceLines(publisherUrl: string, emphasis: Emphasis): string[] {
  return [
    emphasis("Publish from a service, directly over NATS (docs/clients.md)"),
    `  ${loginCommand(publisherUrl)}`,
    "",
  ];
}

function eventsUrl(port: number): string {
  return `http://127.0.0.1:${port}/v1/videos/${VIDEO}/events`;
}
