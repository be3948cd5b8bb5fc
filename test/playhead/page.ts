/** A page with a player that is some seconds behind, and the comments that it shows. */
import Hls from "hls.js";
import { Ovation, playheadOfHls } from "../../sdk/index.ts";

/** A comment, and what was to be seen when it was shown. */
export interface Sight {
  readonly id: string;
  /** Its time. */
  readonly at: number;
  /** The number of the frame in the picture. */
  readonly frame: number;
  /** By the clock of the machine. */
  readonly now: number;
}

declare global {
  interface Window {
    readonly sights: Sight[];
    readonly frameNow: () => number;
    readonly player: HTMLVideoElement;
    readonly hls: Hls;
  }
}

const BARS = 16;
const query = new URLSearchParams(location.search);
const of = (name: string) => query.get(name) ?? "";
const barPixels = Number(of("bar"));

const player = document.createElement("video");
player.muted = true;
document.body.append(player);
const hls = new Hls({
  liveSyncDuration: Number(of("behind")),
  liveMaxLatencyDuration: Number(of("behind")) + 60,
  maxLiveSyncPlaybackRate: 1,
});
hls.loadSource(of("stream"));
hls.attachMedia(player);
hls.on(Hls.Events.MANIFEST_PARSED, () => void player.play());

const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

function frameNow(): number {
  canvas?.drawImage(player, 0, 0, 160, 90);
  const row = canvas?.getImageData(0, 45, 160, 1).data ?? new Uint8ClampedArray();
  let frame = 0;
  for (let bar = 0; bar < BARS; bar += 1) {
    const middle = (bar * barPixels + barPixels / 2) * 4;
    if ((row[middle] ?? 0) > 127) frame += 2 ** bar;
  }
  return frame;
}

const sights: Sight[] = [];
const ovation = new Ovation({ url: of("gateway") });
const video = ovation.video("match", { playhead: playheadOfHls(hls) });
video.on("comment", ({ id, at }) => {
  sights.push({ id, at, frame: frameNow(), now: Date.now() });
});
Object.assign(window, { sights, frameNow, player, hls });
