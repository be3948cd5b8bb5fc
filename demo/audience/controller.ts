/**
 * Sets the size of the simulated audience: what a page requested while a page is open, and nobody
 * otherwise. Tells it the poll in which it votes.
 */
import type { ChildProcess } from "node:child_process";
import type { Audience } from "../contract.ts";
import { attendanceSchema, type CrowdMessage, type OpenPoll } from "./messages.ts";

/** A reloaded page reconnects within this time. */
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
  #poll: OpenPoll | undefined;

  /** @param onChange called when the number of connected or of wanted viewers changes */
  constructor(wanted: Audience, onChange: () => void, stayMs = STAY_MS) {
    this.#wanted = wanted;
    this.#onChange = onChange;
    this.#stayMs = stayMs;
  }

  get audience(): Audience & { readonly connected: number } {
    return { ...this.#wanted, connected: this.#connected };
  }

  request(audience: Audience): void {
    this.#wanted = audience;
    this.#send();
    this.#onChange();
  }

  /** The poll in which it votes; undefined while none is open. */
  ask(poll: OpenPoll | undefined): void {
    if (poll?.name === this.#poll?.name) return;
    this.#poll = poll;
    this.#send();
  }

  /** Starts the audience while a page is open, and stops it when none is. */
  play(isWatched: boolean): void {
    clearTimeout(this.#stayTimer);
    if (isWatched) this.#setPlaying(true);
    else this.#stayTimer = setTimeout(() => this.#setPlaying(false), this.#stayMs);
  }

  /** Called with each new process of the audience. */
  attach(child: ChildProcess): void {
    this.#child = child;
    child.on("message", (message) => {
      const attendance = attendanceSchema.safeParse(message);
      if (attendance.success) this.#count(attendance.data.connected);
    });
    child.once("exit", () => this.#count(0));
    this.#send();
  }

  stop(): void {
    clearTimeout(this.#stayTimer);
  }

  #setPlaying(isPlaying: boolean): void {
    this.#isPlaying = isPlaying;
    this.#send();
  }

  #send(): void {
    if (this.#child?.connected !== true) return;
    const audience = this.#isPlaying ? this.#wanted : NOBODY;
    const message: CrowdMessage = { ...audience, poll: this.#poll };
    // If it is just ending, its exit event reports that.
    this.#child.send(message, () => undefined);
  }

  #count(connected: number): void {
    this.#connected = connected;
    this.#onChange();
  }
}
