/** Asks a nats-server over TCP whether it serves and its JetStream is up. */
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** The server that should answer. */
export interface ProbeTarget {
  readonly host: string;
  readonly port: number;
  /** Its name, so that another server on that port isn't mistaken for it. */
  readonly name: string;
  /** False: JetStream is not expected of it. */
  readonly jetStream?: boolean | undefined;
}

interface ServerInfo {
  readonly server_name: string;
  readonly version: string;
  readonly jetstream?: boolean;
  readonly auth_required?: boolean;
}

/** The result of one try: the version of a server that is ready, or why it isn't. */
type ProbeResult = { readonly version: string } | { readonly notReady: string };

const ANSWER_MS = 2_000;
const BETWEEN_TRIES_MS = 25;
/** Asks JetStream for the state of the account. Without JetStream the answer is a bare 503. */
const INFO_REQUEST = [
  'CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true}',
  "SUB ovation.probe.answer 1",
  "PUB $JS.API.INFO ovation.probe.answer 0",
  "",
  "",
].join("\r\n");

function readInfo(text: string): ServerInfo | undefined {
  const json = /^INFO (\{.*\})\s*\r\n/.exec(text)?.[1];
  // Sent by our own server, whose protocol defines the fields.
  return json === undefined ? undefined : (JSON.parse(json) as ServerInfo);
}

/** Evaluates the server's output so far; undefined if more is needed. */
function evaluate(
  text: string,
  { name, jetStream }: ProbeTarget,
  sendRequest: () => void,
): ProbeResult | undefined {
  const info = readInfo(text);
  if (info === undefined) return undefined;
  if (info.server_name !== name)
    return { notReady: `another server (${info.server_name}) is there` };
  const { version } = info;
  if (jetStream === false) return { version };
  if (info.auth_required === true) {
    // We have no credentials to ask JetStream with, so what the server announces must do.
    return info.jetstream === true ? { version } : { notReady: "JetStream is not up" };
  }
  sendRequest();
  if (/\r\nHMSG /.test(text)) return { notReady: "JetStream does not answer" };
  if (/\r\n-ERR /.test(text)) return { notReady: text.slice(text.lastIndexOf("-ERR")).trim() };
  const answer = /\r\nMSG \S+ 1 \d+\r\n(\{.*\})\r\n/.exec(text)?.[1];
  if (answer === undefined) return undefined;
  return answer.includes('"error":') ? { notReady: `JetStream says ${answer}` } : { version };
}

function probe(target: ProbeTarget): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket: Socket = connect(target.port, target.host);
    let text = "";
    let isSent = false;
    const end = (result: ProbeResult): void => {
      socket.destroy();
      resolve(result);
    };
    const sendRequest = (): void => {
      if (!isSent) socket.write(INFO_REQUEST);
      isSent = true;
    };
    socket.setEncoding("utf8").setTimeout(ANSWER_MS, () => end({ notReady: "it does not answer" }));
    socket.on("data", (chunk) => {
      text += chunk;
      const result = evaluate(text, target, sendRequest);
      if (result !== undefined) end(result);
    });
    socket.once("error", (error) => end({ notReady: error.message }));
    socket.once("close", () => end({ notReady: "it closed the connection" }));
  });
}

/**
 * Waits until the server serves and its JetStream is up, and returns its version. Throws after
 * `boundMs`, or as soon as the signal aborts.
 */
export async function waitUntilReady(
  target: ProbeTarget,
  boundMs: number,
  signal: AbortSignal,
): Promise<string> {
  const until = performance.now() + boundMs;
  for (;;) {
    signal.throwIfAborted();
    const result = await probe(target);
    if ("version" in result) return result.version;
    if (performance.now() > until) {
      throw new Error(`nats-server was not ready in ${boundMs} ms: ${result.notReady}`);
    }
    await wait(BETWEEN_TRIES_MS, undefined, { signal });
  }
}
