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
  useVideo,
  useViewers,
} from "../../sdk/react/index.ts";

test.each(["http://127.0.0.1:1", "/", ["/a", "https://b.example.com"]])(
  "everything renders its initial state, and nothing connects: %s",
  (url) => {
    const ovation = new Ovation({ url });
    function App(): ReactElement {
      const video = useVideo(ovation, "launch", { history: 50 });
      const { total, burst } = useLikes(video);
      const comments = useComments(video);
      const lobby = Object.keys(useCounts(ovation, ["launch"])).length;
      const shown = [lobby, total, burst, comments.length, String(useViewers(video))];
      return createElement("p", null, [useConnection(ovation).name, ...shown].join(" "));
    }
    expect(renderToString(createElement(App))).toBe("<p>idle 0 0 0 0 undefined</p>");
    expect(ovation.state).toEqual({ name: "idle" });
  },
);

test("a URL relative to a page can't be used without one, and the call throws", () => {
  const ovation = new Ovation({ url: "/" });
  expect(() => ovation.connect()).toThrow(/url: "\/" is relative to a page/);
  expect(ovation.state).toEqual({ name: "idle" });
});
