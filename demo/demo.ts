/** What the stack has for the demo page: an audience to play with, and the way to see and to act. */
import { join } from "node:path";
import { childLaunch } from "../kit/child.ts";
import { LogFile } from "../kit/log-file.ts";
import { ManagedProcess } from "../kit/managed-process.ts";
import type { Say } from "../kit/say.ts";
import type { CommonConfig } from "../shared/config/settings.ts";
import { AudienceController } from "./audience/controller.ts";
import { audienceAt } from "./audience-level.ts";
import { ControlServer } from "./live/control.ts";
import { Live, type NatsUrls, type Watched } from "./live/live.ts";

/** What was killed from the page comes back by itself: the page may be closed by then. */
const DOWN_MS = 60_000;
const NAME = "audience";

interface DemoOptions {
  readonly video: string;
  /** Of the gateways. */
  readonly port: number;
  readonly controlPort: number;
  /** Of the audience's process. */
  readonly opsPort: number;
  readonly audienceLevel: number;
  readonly config: CommonConfig;
  readonly natsUrls: NatsUrls;
  readonly env: NodeJS.ProcessEnv;
  readonly logDirectory: string;
  /** The other processes: of these, gateways and dispatchers may be killed. */
  readonly processes: readonly Watched[];
  readonly say: Say;
}

export class Demo {
  readonly #options: DemoOptions;
  readonly #director: AudienceController;
  readonly #audience: ManagedProcess;
  readonly #live: Live;
  readonly #control: ControlServer;

  constructor(options: DemoOptions) {
    const { video, port, opsPort, processes, config, say } = options;
    this.#options = options;
    this.#director = new AudienceController(audienceAt(options.audienceLevel), () => this.tell());
    const address = `http://127.0.0.1:${opsPort}`;
    const launch = childLaunch({
      args: [
        join(import.meta.dirname, "audience", "main.ts"),
        ...["--url", `http://127.0.0.1:${port}`, "--video", video, "--ops-port", String(opsPort)],
      ],
      env: options.env,
      readyUrl: `${address}/readyz`,
      log: new LogFile(options.logDirectory, NAME),
      onChild: (child) => this.#director.attach(child),
    });
    this.#audience = new ManagedProcess({ name: NAME, launch, say, onChange: () => this.tell() });
    const audience = {
      kept: this.#audience,
      role: "audience",
      metricsUrl: `${address}/metrics`,
    } as const;
    this.#live = new Live({
      processes: [...processes, audience],
      config,
      natsUrls: options.natsUrls,
      video,
      audience: () => this.#director.audience,
      onWatched: (isWatched) => this.#director.play(isWatched),
    });
    const mortal = processes.filter(({ role }) => role === "gateway" || role === "dispatcher");
    const keptOf = (name: string) => mortal.find(({ kept }) => kept.name === name)?.kept;
    this.#control = new ControlServer({
      live: this.#live,
      pagePort: port,
      actions: {
        names: mortal.map(({ kept }) => kept.name),
        kill: (name) => keptOf(name)?.killFor(DOWN_MS) ?? false,
        revive: (name) => keptOf(name)?.restart() ?? false,
        setAudience: (wanted) => this.#director.ask(wanted),
      },
    });
  }

  /** Starts it all, when gateways and dispatchers are there. */
  async start(): Promise<void> {
    await this.#audience.start();
    await this.#live.start();
    await this.#control.start(this.#options.controlPort);
  }

  /** A process of the stack has changed its condition. */
  tell(): void {
    this.#live.tell();
  }

  async stop(): Promise<void> {
    await this.#control.stop();
    await this.#audience.stop();
    await this.#live.stop();
    this.#director.stop();
  }

  /** Ends the audience at once. */
  kill(): void {
    this.#audience.kill();
  }
}
