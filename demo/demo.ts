/** The stack's part of the demo: a simulated audience, polls, a live view, and the control server. */
import { join } from "node:path";
import { childLaunch } from "../kit/child.ts";
import { LogFile } from "../kit/log-file.ts";
import { ManagedProcess } from "../kit/managed-process.ts";
import type { Say } from "../kit/say.ts";
import type { CommonConfig } from "../shared/config/settings.ts";
import { AudienceController } from "./audience/controller.ts";
import { TOKEN_VARIABLE } from "./audience/messages.ts";
import { audienceAt } from "./audience-level.ts";
import { ControlServer } from "./live/control.ts";
import { Live, type NatsUrls, type Watched } from "./live/live.ts";
import { PollRounds } from "./polls/poll-rounds.ts";

/** A process killed from the page restarts by itself: the page may be closed by then. */
const DOWN_MS = 60_000;
const NAME = "audience";

interface DemoOptions {
  readonly video: string;
  /** The gateways' port. */
  readonly port: number;
  readonly controlPort: number;
  /** The ops port of the audience's process. */
  readonly opsPort: number;
  readonly audienceLevel: number;
  readonly config: CommonConfig;
  readonly natsUrls: NatsUrls;
  /** A backend's token; undefined where the gateways require none. */
  readonly token: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly logDirectory: string;
  /** The other processes; only gateways and dispatchers may be killed. */
  readonly processes: readonly Watched[];
  readonly say: Say;
}

export class Demo {
  readonly #options: DemoOptions;
  readonly #audienceController: AudienceController;
  readonly #audience: ManagedProcess;
  readonly #polls: PollRounds;
  readonly #live: Live;
  readonly #control: ControlServer;

  constructor(options: DemoOptions) {
    const { video, port, opsPort, processes, config, say } = options;
    this.#options = options;
    this.#audienceController = new AudienceController(audienceAt(options.audienceLevel), () =>
      this.notify(),
    );
    const url = `http://127.0.0.1:${port}`;
    const address = `http://127.0.0.1:${opsPort}`;
    const launch = childLaunch({
      args: [
        join(import.meta.dirname, "audience", "main.ts"),
        ...["--url", url, "--video", video, "--ops-port", String(opsPort)],
      ],
      // Not as an argument, since everybody can read those.
      env: { ...options.env, [TOKEN_VARIABLE]: options.token },
      readyUrl: `${address}/readyz`,
      log: new LogFile(options.logDirectory, NAME),
      onChild: (child) => this.#audienceController.attach(child),
    });
    this.#audience = new ManagedProcess({ name: NAME, launch, say, onChange: () => this.notify() });
    this.#polls = new PollRounds({
      url,
      token: options.token,
      video,
      wallClock: Date.now,
      onPoll: (poll) => this.#audienceController.ask(poll),
    });
    const audience = {
      managed: this.#audience,
      role: "audience",
      metricsUrl: `${address}/metrics`,
    } as const;
    this.#live = new Live({
      processes: [...processes, audience],
      config,
      natsUrls: options.natsUrls,
      video,
      audience: () => this.#audienceController.audience,
      onWatched: (isWatched) => {
        this.#audienceController.play(isWatched);
        this.#polls.play(isWatched);
      },
    });
    const killable = processes.filter(({ role }) => role === "gateway" || role === "dispatcher");
    const managedProcess = (name: string) =>
      killable.find(({ managed }) => managed.name === name)?.managed;
    this.#control = new ControlServer({
      live: this.#live,
      pagePort: port,
      actions: {
        names: killable.map(({ managed }) => managed.name),
        kill: (name) => managedProcess(name)?.killFor(DOWN_MS) ?? false,
        revive: (name) => managedProcess(name)?.restart() ?? false,
        setAudience: (wanted) => this.#audienceController.request(wanted),
      },
    });
  }

  /** Starts everything; gateways and dispatchers must be running. */
  async start(): Promise<void> {
    await Promise.all([this.#audience.start(), this.#polls.look()]);
    await this.#live.start();
    await this.#control.start(this.#options.controlPort);
  }

  /** Called when the condition of a process of the stack changes. */
  notify(): void {
    this.#live.notify();
  }

  async stop(): Promise<void> {
    await this.#control.stop();
    this.#polls.stop();
    await this.#audience.stop();
    await this.#live.stop();
    this.#audienceController.stop();
  }

  /** Ends the audience at once. */
  kill(): void {
    this.#audience.kill();
  }
}
