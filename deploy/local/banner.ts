/** What `npm start` prints when everything runs. */
import type { Emphasis } from "../../kit/say.ts";
import type { StackTokens } from "./auth.ts";

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
  /** The same, for a service that reads the history. */
  readonly consumerUrl: string | undefined;
  /** The same, for whoever observes videos. */
  readonly observerUrl: string | undefined;
  readonly processes: readonly RunningProcess[];
  readonly logDirectory: string;
  /** The process that a SIGINT stops. */
  readonly pid: number;
  /** Undefined where none are required. */
  readonly tokens: StackTokens | undefined;
  /** What webhooks are signed with; undefined where none are sent. */
  readonly hooksSecret: string | undefined;
}

/** The variables that the lines below use, where tokens are required. */
const VARIABLES = {
  viewer: "VIEWER_TOKEN",
  backend: "BACKEND_TOKEN",
  moderator: "MODERATOR_TOKEN",
} as const;
type Holder = keyof typeof VARIABLES;

/** What curl sends as this holder; undefined: as nobody. */
function authorization(holder: Holder | undefined): string {
  return holder === undefined ? "" : ` -H "Authorization: Bearer $${VARIABLES[holder]}"`;
}

/** The example's video; it exists as soon as somebody uses it. */
export const VIDEO = "launch";

/** The command that prints the events of the example's video. */
export function listenCommand(port: number, holder?: Holder): string {
  return `curl -N -H 'Accept: text/event-stream'${authorization(holder)} ${eventsUrl(port)}`;
}

/** The command that publishes a like on the example's video. */
export function likeCommand(port: number, holder?: Holder): string {
  return publishCommand(port, '{"kind":"like"}', holder);
}

/** The command with which a backend comments on the example's video, in a viewer's name. */
function commentCommand(port: number): string {
  const event = '{"kind":"comment","actor":"bo","data":{"text":"Hello!"}}';
  return publishCommand(port, event, "backend");
}

/** The command with which a moderator bans whoever comments so. */
function banCommand(port: number): string {
  const settings = `OVATION_URL=http://127.0.0.1:${port} OVATION_TOKEN=$${VARIABLES.moderator}`;
  return `${settings} npx ovation ban ${VIDEO} bo --mode mute --for 10m`;
}

/** The commands that set the variables. */
export function tokenCommands(tokens: StackTokens): readonly string[] {
  return (["viewer", "backend", "moderator"] as const).map(
    (holder) => `export ${VARIABLES[holder]}=${tokens[holder]}`,
  );
}

function publishCommand(port: number, event: string, holder: Holder | undefined): string {
  const type = "-H 'Content-Type: application/json'";
  return `curl -X POST ${eventsUrl(port)} ${type}${authorization(holder)} -d '${event}'`;
}

/** Like {@link listenCommand}, but over a WebSocket; it needs only Node 22. */
export function socketCommand(port: number, holder?: Holder): string {
  const token = holder === undefined ? "" : `,token:process.env.${VARIABLES[holder]}`;
  // Without single quotes, because it is put between them.
  const script = [
    `const s=new WebSocket("ws://127.0.0.1:${port}/v1/connect","ovation.v1.json")`,
    "s.onmessage=m=>console.log(m.data)",
    `s.onclose=c=>console.log("closed",c.code)`,
    `s.onopen=()=>[{op:"connect",id:1${token}},{op:"subscribe",id:2,video:"${VIDEO}"}].forEach(r=>s.send(JSON.stringify(r)))`,
  ].join(";");
  return `npx node -e '${script}'`;
}

/**
 * A page of its own with everything on it, as a file or from any server of this machine. A viewer of an
 * open gateway who has no token is a guest: it may vote.
 * @param token undefined: the gateway is open
 */
export function pageLines(port: number, token?: string): readonly string[] {
  const live = (more: string) =>
    `<ovation-live video="${VIDEO}" reactions="❤️ 🔥 👏 😮"${more}></ovation-live>`;
  return [
    "<!doctype html>",
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    '<meta name="color-scheme" content="light dark"><title>Live</title>',
    `<script type="module" src="http://127.0.0.1:${port}/v1/ovation.js"></script>`,
    ...(token === undefined
      ? [live(" guest")]
      : [live(""), `<script>document.querySelector("ovation-live").token = "${token}"</script>`]),
  ];
}

/** What a service needs to publish directly over NATS: the URL with its login, as a variable. */
export function loginCommand(publisherUrl: string): string {
  return `export NATS_URL=${publisherUrl}`;
}

/** What a service needs to read the history: the same, as the guide's program expects it. */
function consumerCommand(consumerUrl: string): string {
  return `export OVATION_NATS_URL=${consumerUrl}`;
}

/** The whole banner, one string with line breaks. */
export function banner(stack: RunningStack, emphasis: Emphasis): string {
  const { port, processes, publisherUrl, consumerUrl, observerUrl, tokens } = stack;
  const viewer = tokens === undefined ? undefined : "viewer";
  const fragment = (holder: Holder) => (tokens === undefined ? "" : `#token=${tokens[holder]}`);
  const width = Math.max(...processes.map(({ name }) => name.length));
  const ops = processes.map(({ name, pid, opsPort }) => {
    const url = `http://127.0.0.1:${opsPort}`;
    return `  ${name.padEnd(width)}  ${url}/readyz  ${url}/metrics  (pid ${pid ?? "none"})`;
  });
  return [
    "",
    emphasis("Ovation is up"),
    `  Open      http://127.0.0.1:${port}/${fragment("viewer")}`,
    `  Moderate  http://127.0.0.1:${port}/console${fragment("moderator")}`,
    "",
    `  Gateways  http://127.0.0.1:${port}  ws://127.0.0.1:${port}/v1/connect`,
    `  NATS      ${stack.natsUrl}`,
    `  Logs      ${stack.logDirectory}`,
    "",
    ...accessLines(tokens, emphasis),
    "",
    emphasis("Health and metrics"),
    ...ops,
    "",
    emphasis("A page of your own: save this as a file, and open it (docs/elements.md)"),
    ...pageLines(port, tokens?.viewer).map((line) => `  ${line}`),
    "",
    emphasis("Listen to a video"),
    `  ${listenCommand(port, viewer)}`,
    "",
    emphasis("Publish a like, from another terminal"),
    `  ${likeCommand(port, viewer)}`,
    "",
    emphasis("Listen by WebSocket, from this folder"),
    `  ${socketCommand(port, viewer)}`,
    "",
    ...(tokens === undefined ? [] : holderLines(port, emphasis)),
    ...(publisherUrl === undefined ? [] : serviceLines(publisherUrl, emphasis)),
    ...(consumerUrl === undefined ? [] : consumerLines(consumerUrl, emphasis)),
    ...(observerUrl === undefined ? [] : observerLines(observerUrl, emphasis)),
    ...(stack.hooksSecret === undefined ? [] : hooksLines(stack.hooksSecret, emphasis)),
    `Ctrl-C stops everything (or: kill ${stack.pid})`,
    "",
  ].join("\n");
}

function accessLines(tokens: StackTokens | undefined, emphasis: Emphasis): string[] {
  if (tokens === undefined) {
    return [
      emphasis("OPEN to everybody who reaches it: tokens are not checked (docs/authentication.md)"),
    ];
  }
  return [
    emphasis("Tokens are required (docs/authentication.md). These live for a day:"),
    ...tokenCommands(tokens).map((line) => `  ${line}`),
  ];
}

/** What others than viewers do, with their tokens. */
function holderLines(port: number, emphasis: Emphasis): string[] {
  return [
    emphasis("Comment as a backend, for anyone"),
    `  ${commentCommand(port)}`,
    "",
    emphasis("Moderate, from this folder"),
    `  ${banCommand(port)}`,
    "",
  ];
}

function hooksLines(secret: string, emphasis: Emphasis): string[] {
  return [
    emphasis("Verify webhooks with this secret (docs/webhooks.md)"),
    `  export WEBHOOK_SECRETS=${secret}`,
    "",
  ];
}

function serviceLines(publisherUrl: string, emphasis: Emphasis): string[] {
  return [
    emphasis("Publish from a service, directly over NATS (docs/clients.md)"),
    `  ${loginCommand(publisherUrl)}`,
    "",
  ];
}

function consumerLines(consumerUrl: string, emphasis: Emphasis): string[] {
  return [
    emphasis("Keep all comments in your own database (docs/guides/store-comments.md)"),
    `  ${consumerCommand(consumerUrl)}`,
    "",
  ];
}

function observerLines(observerUrl: string, emphasis: Emphasis): string[] {
  return [
    emphasis("Look on at all videos, over NATS, from this folder (docs/backends.md)"),
    `  OVATION_NATS_URL=${observerUrl} npx ovation tail '*'`,
    "",
  ];
}

function eventsUrl(port: number): string {
  return `http://127.0.0.1:${port}/v1/videos/${VIDEO}/events`;
}
