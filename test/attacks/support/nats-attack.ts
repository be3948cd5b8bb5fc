/**
 * A store with something to lose, others who listen, and a role's login in the hands of an attacker
 * who chooses where answers go.
 */
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { headers, type NatsConnection } from "nats";
import { isInboxOfGateway } from "../../../shared/protocol/subjects.ts";
import { startTestNats, type TestNats } from "../../support/nats.ts";
import { covers, NATS_ROLES, type NatsRole, rightsOf } from "../../support/nats-rights.ts";
import { connectTo } from "../../support/nats-users.ts";
import { createStores } from "../../support/stores.ts";

/** The streams of the store: those that dispatchers may create. */
const CREATE = "$JS.API.STREAM.CREATE.";
export const STREAMS = rightsOf("dispatcher")
  .publish.filter((right) => right.startsWith(CREATE))
  .map((right) => right.slice(CREATE.length));
/** What the attacker writes in its own name bears this. */
const OWN = "attacker";
const VICTIM = "victim";
/** Requests that read: an answer there is a request without an answer. */
const READ = /^\$JS\.API\.(INFO$|\w+\.(INFO|NAMES|LIST)|(STREAM\.MSG|DIRECT)\.GET)/;

/** A subject that a right or a stream's pattern covers. */
function subjectOf(pattern: string, token: string): string {
  return pattern.replace(">", token).replaceAll("*", token);
}

/** What anybody may send or hear, by deploy/nats/ovation.conf. */
const MEANINGFUL = NATS_ROLES.flatMap((role) => {
  const { publish, subscribe } = rightsOf(role);
  return [...publish, ...subscribe.map((right) => right.replace(/ .*/, ""))];
}).filter((right) => !READ.test(right));

/** Subjects on which an answer would change, erase or forge something. */
export const DANGEROUS_REPLIES: readonly string[] = [
  ...new Set([
    ...MEANINGFUL.map((right) => subjectOf(right, VICTIM)),
    ...STREAMS.flatMap((stream) =>
      ["PURGE", "DELETE", "UPDATE", "CREATE", "MSG.DELETE", "SNAPSHOT"].map(
        (act) => `$JS.API.STREAM.${act}.${stream}`,
      ),
    ),
    ...STREAMS.map((stream) => `$JS.API.CONSUMER.CREATE.${stream}.c`),
    "$JS.API.STREAM.CREATE.evil",
    "$JS.API.ACCOUNT.PURGE.STORE",
    // NATS passes such a reply on as it is.
    "$JS.ACK.ov_history.c.1.1.1.1.1",
  ]),
];

interface Heard {
  readonly subject: string;
  /** Where an answer is expected; empty where none is. */
  readonly reply: string;
  readonly text: string;
}

/** A request that the attacker may send, and a body that is answered. */
interface Request {
  readonly subject: string;
  readonly body: string;
}

export class NatsAttack {
  readonly nats: TestNats;
  readonly admin: NatsConnection;
  readonly manager: JetStreamManager;
  readonly #others: { readonly role: NatsRole; readonly connection: NatsConnection }[] = [];
  readonly #heard: (Heard & { readonly role: NatsRole })[] = [];
  /** Messages that the attacker wrote in its own name, which are not read again. */
  readonly #own = new Set<string>();

  private constructor(nats: TestNats, admin: NatsConnection, manager: JetStreamManager) {
    this.nats = nats;
    this.admin = admin;
    this.manager = manager;
  }

  /** Creates the stores as dispatchers do, and fills them. */
  static async start(): Promise<NatsAttack> {
    const nats = await startTestNats();
    await createStores(nats.url);
    const admin = await connectTo(nats.url);
    const manager = await jetstreamManager(admin);
    const attack = new NatsAttack(nats, admin, manager);
    for (const { config } of await manager.streams.list().next()) {
      // The attacks take longer than a lease or a ticket is kept.
      await manager.streams.update(config.name, { max_age: 0, duplicate_window: 0 });
      for (const subjects of config.subjects) {
        await admin.request(subjectOf(subjects, VICTIM), VICTIM);
      }
    }
    for (const role of NATS_ROLES) await attack.#listen(role);
    return attack;
  }

  /** Everybody else hears all that they may, and answers requests with what the attacker sent. */
  async #listen(role: NatsRole): Promise<void> {
    const connection = await connectTo(this.nats.url, role);
    this.#others.push({ role, connection });
    for (const right of rightsOf(role).subscribe) {
      const [subject = "", queue] = right.split(" ");
      connection.subscribe(subject, {
        ...(queue === undefined ? {} : { queue }),
        callback: (_error, message) => {
          const text = message.string();
          const { reply = "" } = message;
          this.#heard.push({ role, subject: message.subject, reply, text });
          if (reply.startsWith("_R_.") || isInboxOfGateway(reply)) message.respond(text);
        },
      });
    }
    await connection.flush();
  }

  /** What is stored, without what the attacker wrote in its own name. */
  async stored(): Promise<unknown> {
    const streams: unknown[] = [];
    for await (const { config, created, state } of this.manager.streams.list()) {
      const messages: unknown[] = [];
      // A stream that never held a message begins at 0, where none can be.
      for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq += 1) {
        if (this.#own.has(`${config.name} ${seq}`)) continue;
        const message = await this.manager.streams.getMessage(config.name, { seq });
        if (message?.subject.includes(OWN)) this.#own.add(`${config.name} ${seq}`);
        if (message === null || message.subject.includes(OWN)) continue;
        messages.push([seq, message.subject, message.string()]);
      }
      streams.push({ config, created, messages, consumers: state.consumer_count });
    }
    return streams;
  }

  /** Resolves when NATS and all others have handled what was sent before. */
  async settled(attacker: NatsConnection): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      await attacker.flush();
      for (const { connection } of this.#others) await connection.flush();
      await this.admin.flush();
      for (const stream of STREAMS) await this.manager.streams.info(stream);
    }
  }

  /**
   * What roles have heard since the last call that `role` could not have sent them by its own rights.
   * Its own account is its own work, but for requests of operators, which gateways tell by the reply
   * subject that NATS gives them (gateway/control/control.ts).
   */
  takeForged(role: NatsRole): Heard[] {
    const { publish } = rightsOf(role);
    return this.#heard.splice(0).filter(({ role: who, subject, reply }) => {
      if (who === role) return subject.startsWith("ov.control.") && reply !== "";
      // NATS maps a service's request to the partition of its video.
      const sent = subject.replace(/^(ov\.(?:publish|retract|command))\.\d+\./, "$1.");
      if (publish.some((right) => covers(right, sent))) return false;
      // A bucket's stream tells of the attacker's own entries.
      return !(subject.startsWith("ov.changes.") && subject.includes(OWN));
    });
  }

  async stop(): Promise<void> {
    for (const { connection } of this.#others) await connection.close();
    await this.admin.close();
    await this.nats.stop();
  }
}

/** Requests by every right of a role, in the attacker's own name. */
export function requestsOf(role: NatsRole): readonly Request[] {
  return rightsOf(role).publish.map((right) => {
    const subject = subjectOf(right, OWN);
    return { subject, body: bodyOf(subject) };
  });
}

function bodyOf(subject: string): string {
  if (subject.startsWith("$JS.API.STREAM.CREATE.")) return evilStream(subject.slice(22));
  // Of nothing: to purge the stream is within the right.
  if (subject.startsWith("$JS.API.STREAM.PURGE.")) return JSON.stringify({ filter: OWN });
  if (subject.startsWith("$JS.API.STREAM.MSG.DELETE.")) return '{"seq":9999}';
  if (/^\$JS\.API\.(STREAM\.MSG|DIRECT)\.GET\./.test(subject)) return '{"seq":1}';
  if (subject.startsWith("$JS.API.")) return "";
  // As JSON it is an empty request; as an entry it is raw bytes of the attacker's choice.
  return "{}";
}

/** A stream that takes what others store, and sends it where nobody may write. */
export function evilStream(name: string): string {
  return JSON.stringify({
    name,
    subjects: [`${name}.evil`],
    storage: "memory",
    retention: "limits",
    sources: [{ name: "ov_history" }],
    republish: { src: ">", dest: "ov.history.>" },
  });
}

/** A put that replaces the whole bucket, if the bucket lets it. */
export function rollup() {
  const all = headers();
  all.set("Nats-Rollup", "all");
  return all;
}
