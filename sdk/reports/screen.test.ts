/** When events count as shown, on a page whose frames the test draws. */
import { expect, test } from "vitest";
import { Screen } from "./screen.ts";

function shownPage() {
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const frames: (() => void)[] = [];
  let moment = 0;
  const screen = new Screen({
    page: page as Pick<Document, "visibilityState"> & EventTarget,
    nextFrame: (draw) => frames.push(draw),
    now: () => moment,
  });
  const seen: string[] = [];
  return {
    screen,
    seen,
    frames,
    show: (name: string) => screen.shown((at) => seen.push(`${name} at ${at}`)),
    draw: (at: number) => {
      moment = at;
      for (const frame of frames.splice(0)) frame();
    },
    become: (visibilityState: string) => {
      page.visibilityState = visibilityState;
      page.dispatchEvent(new Event("visibilitychange"));
    },
  };
}

test("at the next frame, one for all that wait", () => {
  const { show, draw, seen, frames } = shownPage();
  show("a");
  show("b");
  expect([seen.length, frames.length]).toEqual([0, 1]);
  draw(16);
  show("c");
  draw(33);
  expect(seen).toEqual(["a at 16", "b at 16", "c at 33"]);
});

test("never on a hidden page, nor on one that is hidden before it is drawn", () => {
  const { show, draw, become, seen } = shownPage();
  show("a");
  become("hidden");
  show("b");
  become("visible");
  draw(5_000);
  show("c");
  draw(5_016);
  expect(seen).toEqual(["c at 5016"]);
});

test("never on a page that the browser calls visible and doesn't draw, such as a frame out of view", () => {
  const { show, draw, seen } = shownPage();
  show("a");
  draw(10_001);
  show("b");
  draw(10_017);
  expect(seen).toEqual(["b at 10017"]);
});

test("at once where nothing is drawn", () => {
  const seen: number[] = [];
  const screen = new Screen({ page: undefined, nextFrame: undefined, now: () => 7 });
  screen.shown((at) => seen.push(at));
  expect(seen).toEqual([7]);
});
