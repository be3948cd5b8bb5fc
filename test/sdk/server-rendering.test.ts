/** The hooks in server rendering. */
import { createElement, type ReactElement } from "react";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";
import { Ovation } from "../../sdk/index.ts";
import {
  useComments,
  useConnection,
  useCounts,
  useLikes,
  usePoll,
  useReactions,
  useTotals,
  useVideo,
  useVideoState,
  useViewers,
} from "../../sdk/react/index.ts";

test.each(["http://127.0.0.1:1", "/", ["/a", "https://b.example.com"]])(
  "everything renders its initial state, and nothing connects: %s",
  (url) => {
    const ovation = new Ovation({ url });
    function App(): ReactElement {
      const video = useVideo(ovation, "launch", { history: 50 });
      const { total, burst } = useLikes(video);
      const { comments } = useComments(video);
      const lobby = Object.keys(useCounts(ovation, ["launch"])).length;
      const shown = [lobby, total, burst, comments.length, String(useViewers(video))];
      const live = [useTotals(video), useReactions(video).counts].map((all) => JSON.stringify(all));
      const none = [usePoll(video, "mvp").poll, useVideoState(video, "score")].map(String);
      const all = [useConnection(ovation).name, ...shown, ...live, ...none];
      return createElement("p", null, all.join(" "));
    }
    expect(renderToString(createElement(App))).toBe(
      "<p>idle 0 0 0 0 undefined {} {} undefined undefined</p>",
    );
    expect(ovation.state).toEqual({ name: "idle" });
  },
);

test("a URL relative to a page can't be used without one, and the call throws", () => {
  const ovation = new Ovation({ url: "/" });
  expect(() => ovation.connect()).toThrow(/url: "\/" is relative to a page/);
  expect(ovation.state).toEqual({ name: "idle" });
});
