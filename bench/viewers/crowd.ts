/** The viewers of one process: opens them, counts what they receive, and measures latency. */

import { RawSocket } from "../../kit/websocket/raw-socket.ts";
import { nowUs } from "../clock.ts";
import type {
  Audience,
  ExpectedByVideo,
  OpenCommand,
  Opened,
  Settled,
  ViewersSetup,
  Window,
} from "../control/messages.ts";
import { type Histogram, newHistogram, packed, record } from "../latency.ts";
import type { Dialect, ReceivedEvents } from "../wire/dialect.ts";
import { DIALECTS } from "../wire/dialects.ts";
import { Interpreter } from "../wire/interpreter.ts";
import { Accounts, noExactness } from "./accounts.ts";
import { GatherLoop } from "./gather-loop.ts";

const CONNECT_TIMEOUT_MS = 60_000;
/** A refused viewer retries after this time; one that lost its connection reconnects at once. */
const RETRY_MS = 100;
/** After this long without any delivery, the missing ones count as lost. */
const QUIET_MS = 2_000;
const SETTLE_MS = 20_000;
const SETTLE_POLL_MS = 50;

interface Viewer {
  readonly index: number;
  readonly video: string;
  socket: RawSocket | undefined;
  /** Which target it is connected to. */
  target: number;
  openedUs: number;
  isSubscribed: boolean;
  /** It was connected before the first event and never lost its connection. */
  isContinuous: boolean;
  isWanted: boolean;
  /** Called once, when it is subscribed or has failed. */
  onSettled: (() => void) | undefined;
}

export class Crowd {
  readonly #setup: ViewersSetup;
  readonly #dialect: Dialect;
  readonly #interpreter: Interpreter;
  readonly #accounts: Accounts;
  readonly #gathering = new GatherLoop();
  readonly #viewers: Viewer[] = [];
  readonly #faults = new Map<string, number>();
  readonly #subscribeTimes = newHistogram();
  readonly #latency = newHistogram();
  #recent: Histogram = newHistogram();
  #window: Window | undefined;
  #reconnects = false;
  #gathered = 0;
  #subscribed = 0;
  #failed = 0;
  #changed: (() => void) | undefined;
  readonly counts = { received: 0, seen: 0, frames: 0, bytes: 0 };

  constructor(setup: ViewersSetup) {
    this.#setup = setup;
    this.#dialect = DIALECTS[setup.dialect](setup.kind);
    this.#interpreter = new Interpreter(this.#dialect);
    this.#accounts = new Accounts(setup.capacity);
  }

  get subscribed(): number {
    return this.#subscribed;
  }

  get reads(): number {
    return this.#gathering.reads;
  }

  /** Latencies since the last call; undefined if there were none. */
  takeRecent(): string | undefined {
    if (this.#recent.totalCount === 0) return undefined;
    const text = packed(this.#recent);
    this.#recent.reset();
    return text;
  }

  async open({ audiences, atATime, reconnects }: OpenCommand): Promise<Opened> {
    this.#reconnects = reconnects;
    const opening = audiences.flatMap(({ video, viewers }) =>
      Array.from({ length: viewers }, () => this.#newViewer(video)),
    );
    let next = 0;
    const lane = async () => {
      for (let viewer = opening[next++]; viewer !== undefined; viewer = opening[next++]) {
        const settled = Promise.withResolvers<void>();
        viewer.onSettled = settled.resolve;
        this.#connect(viewer);
        await settled.promise;
      }
    };
    await Promise.all(Array.from({ length: Math.min(atATime, opening.length) }, lane));
    return this.#opened();
  }

  /** Resolves when every viewer is subscribed at a different target, or when the time is up. */
  async awaitMoved(awayFrom: number, timeoutMs: number): Promise<Opened> {
    const isMoved = (viewer: Viewer) => viewer.isSubscribed && viewer.target !== awayFrom;
    const timeUp = AbortSignal.timeout(timeoutMs);
    await new Promise<void>((resolve) => {
      timeUp.addEventListener("abort", () => resolve());
      this.#changed = () => {
        // Checks each viewer only when the total is right.
        if (this.#subscribed === this.#viewers.length && this.#viewers.every(isMoved)) resolve();
      };
      this.#changed();
    });
    this.#changed = undefined;
    return this.#opened();
  }

  begin(window: Window): void {
    this.#window = window;
    for (const viewer of this.#viewers) viewer.isContinuous = viewer.isSubscribed;
  }

  leave(audiences: readonly Audience[]): void {
    for (const { video, viewers } of audiences) {
      const leaving = this.#viewers
        .filter((viewer) => viewer.video === video && viewer.isWanted)
        .slice(-viewers);
      for (const viewer of leaving) {
        viewer.isWanted = false;
        viewer.isContinuous = false;
        viewer.socket?.close();
      }
    }
  }

  /** @param expected events that each viewer of a video should have received */
  async settle(expected: ExpectedByVideo): Promise<Settled> {
    for (const viewer of this.#viewers) {
      if (this.#isHidden(viewer) && viewer.socket !== undefined) this.#turn(viewer.socket, false);
    }
    const nothing = { least: 0, most: 0 };
    const expectedBy = ({ video, isContinuous }: Viewer) =>
      isContinuous ? (expected[video] ?? nothing) : undefined;
    const isDone = () =>
      this.#viewers.every(
        (viewer) => this.#accounts.received(viewer.index) >= (expectedBy(viewer)?.least ?? 0),
      );
    const deadline = performance.now() + SETTLE_MS;
    let quietSince = performance.now();
    for (let received = -1; !isDone() && performance.now() < deadline; ) {
      this.#gathering.readAll();
      if (received !== this.counts.received) quietSince = performance.now();
      received = this.counts.received;
      if (performance.now() - quietSince > QUIET_MS) break;
      await new Promise((resolve) => setTimeout(resolve, SETTLE_POLL_MS));
    }
    // Wait a little longer: repeats may follow the last expected event.
    await new Promise((resolve) => setTimeout(resolve, 4 * SETTLE_POLL_MS));
    this.#gathering.readAll();
    const exactness = noExactness();
    for (const viewer of this.#viewers) {
      this.#accounts.judge(viewer.index, expectedBy(viewer), exactness);
    }
    return {
      gathered: this.#gathered,
      exactness,
      latency: packed(this.#latency),
      faults: Object.fromEntries(this.#faults),
    };
  }

  #newViewer(video: string): Viewer {
    const index = this.#viewers.length;
    if (index >= this.#setup.capacity) throw new Error("more viewers than the setup allows");
    const viewer: Viewer = {
      index,
      video,
      socket: undefined,
      target: index % this.#setup.targets.length,
      openedUs: 0,
      isSubscribed: false,
      isContinuous: false,
      isWanted: true,
      onSettled: undefined,
    };
    this.#viewers.push(viewer);
    return viewer;
  }

  #connect(viewer: Viewer): void {
    const { targets, localAddresses, atOnce } = this.#setup;
    const target = targets[viewer.target];
    if (target === undefined) throw new Error("no such target");
    viewer.openedUs = nowUs();
    const socket = new RawSocket({
      target,
      localAddress: localAddresses[viewer.index % Math.max(1, localAddresses.length)],
      endpoint: this.#dialect,
      handlers: {
        onOpen: () => socket.sendAll(this.#dialect.opening(viewer.video)),
        onMessage: (opcode, bytes, start, end) => {
          this.counts.frames += 1;
          this.counts.bytes += end - start + (end - start < 126 ? 2 : 4);
          const meaning = this.#interpreter.read(opcode, bytes, start, end);
          switch (meaning.type) {
            case "received":
              return this.#receive(viewer, meaning);
            case "greeted":
              return socket.sendAll(this.#dialect.greeted?.(viewer.video) ?? []);
            case "subscribed":
              return this.#subscribedNow(viewer, socket, atOnce);
            case "reply":
              return socket.send(meaning.reply);
            case "refused":
              this.#fault(`subscribe rejected: ${meaning.code}`);
              return socket.close();
            default:
              return;
          }
        },
        onClose: (why) => this.#closed(viewer, why),
      },
    });
    viewer.socket = socket;
    const timeout = setTimeout(() => {
      if (viewer.isSubscribed || viewer.socket !== socket || socket.isClosed) return;
      this.#fault("not subscribed in time");
      socket.close();
    }, CONNECT_TIMEOUT_MS);
    timeout.unref();
  }

  #subscribedNow(viewer: Viewer, socket: RawSocket, atOnce: boolean): void {
    if (viewer.isSubscribed) return;
    viewer.isSubscribed = true;
    this.#subscribed += 1;
    record(this.#subscribeTimes, nowUs() - viewer.openedUs);
    if (this.#isHidden(viewer)) this.#turn(socket, true);
    if (!atOnce && socket.gather()) {
      this.#gathering.add(socket);
      this.#gathered += 1;
    }
    this.#settled(viewer);
  }

  /** Evenly, over those of each target too. */
  #isHidden({ index }: Viewer): boolean {
    const { hidden, targets } = this.#setup;
    const turn = Math.floor(index / targets.length);
    return Math.floor((turn + 1) * hidden) > Math.floor(turn * hidden);
  }

  #turn(socket: RawSocket, isHidden: boolean): void {
    const message = this.#dialect.turned?.(isHidden);
    if (message !== undefined) socket.sendAll([message]);
  }

  #receive(viewer: Viewer, events: ReceivedEvents): void {
    this.counts.received += events.count;
    this.counts.seen += events.numbers.length;
    this.#accounts.take(viewer.index, events);
    const window = this.#window;
    if (!this.#setup.atOnce || window === undefined) return;
    const now = nowUs() - window.epochUs;
    for (const due of events.dueUs) {
      record(this.#recent, now - due);
      if (due >= window.fromUs && due < window.toUs) record(this.#latency, now - due);
    }
  }

  #closed(viewer: Viewer, why: string): void {
    if (viewer.isSubscribed) this.#subscribed -= 1;
    const wasSubscribed = viewer.isSubscribed;
    viewer.isSubscribed = false;
    viewer.isContinuous = false;
    if (!viewer.isWanted) return this.#settled(viewer);
    this.#fault(why);
    if (!this.#reconnects) {
      this.#failed += 1;
      return this.#settled(viewer);
    }
    viewer.target = (viewer.target + 1) % this.#setup.targets.length;
    setTimeout(() => this.#connect(viewer), wasSubscribed ? 0 : RETRY_MS);
  }

  #settled(viewer: Viewer): void {
    viewer.onSettled?.();
    viewer.onSettled = undefined;
    this.#changed?.();
  }

  #fault(why: string): void {
    this.#faults.set(why, (this.#faults.get(why) ?? 0) + 1);
  }

  #opened(): Opened {
    return {
      subscribed: this.#subscribed,
      failed: this.#failed,
      faults: Object.fromEntries(this.#faults),
      subscribeTimes: packed(this.#subscribeTimes),
    };
  }
}
