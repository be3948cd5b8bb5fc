/**
 * Tells the simulated audience how large to be: as large as a page asked for, while a page is open,
 * and nobody otherwise.
 */
import type { ChildProcess } from "node:child_process";
import type { Audience } from "../contract.ts";
import { attendanceSchema } from "./messages.ts";

/** A page that is loaded again is soon back. */
const STAY_MS = 5_000;
const NOBODY: Audience = { viewers: 0, likesPerSecond: 0 };

export class AudienceController {
  readonly #onChange: () => void;
  readonly #stayMs: number;
  #wanted: Audience;
  #connected = 0;
  #isPlaying = false;
  #stayTimer: NodeJS.Timeout | undefined;
  #child: ChildProcess | undefined;

  /** @param onChange the number of those connected, or of those wanted, is another one */
  constructor(wanted: Audience, onChange: () => void, stayMs = STAY_MS) {
    this.#wanted = wanted;
    this.#onChange = onChange;
    this.#stayMs = stayMs;
  }

  get audience(): Audience & { readonly connected: number } {
    return { ...this.#wanted, connected: this.#connected };
  }

  ask(audience: Audience): void {
    this.#wanted = audience;
    this.#tell();
    this.#onChange();
  }

  /** Whether there is a page to play for. */
  play(isWatched: boolean): void {
    clearTimeout(this.#stayTimer);
    if (isWatched) this.#setPlaying(true);
    else this.#stayTimer = setTimeout(() => this.#setPlaying(false), this.#stayMs);
  }

  /** A process of the audience has come to life. */
  attach(child: ChildProcess): void {
    this.#child = child;
    child.on("message", (message) => {
      const attendance = attendanceSchema.safeParse(message);
      if (attendance.success) this.#count(attendance.data.connected);
    });
    child.once("exit", () => this.#count(0));
    this.#tell();
  }

  stop(): void {
    clearTimeout(this.#stayTimer);
  }

  #setPlaying(isPlaying: boolean): void {
    this.#isPlaying = isPlaying;
    this.#tell();
  }

  #tell(): void {
    if (this.#child?.connected !== true) return;
    // That it ends meanwhile is told by its exit.
    this.#child.send(this.#isPlaying ? this.#wanted : NOBODY, () => undefined);
  }

  #count(connected: number): void {
    this.#connected = connected;
    this.#onChange();
  }
}
