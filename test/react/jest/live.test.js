const { Ovation, OvationError } = require("ovation-client");
const { useLikes, useVideo } = require("ovation-client/react");
const { createElement } = require("react");
const { renderToString } = require("react-dom/server");

const url = process.env.OVATION_GATEWAY;

function Likes({ ovation }) {
  return createElement("p", null, useLikes(useVideo(ovation, "launch")).total);
}

test("a client publishes, and reads the history", async () => {
  const ovation = new Ovation({ url });
  const video = ovation.video("launch");
  const { eventId } = await video.publish("comment", { text: "from Jest" });
  const { events } = await video.readHistory();
  expect(events.map(({ id }) => id)).toContain(eventId);
  const refusal = await video.moderate.pin("nothing").catch((error) => error);
  expect(refusal).toBeInstanceOf(OvationError);
  ovation.close();
});

test("a component renders", () => {
  const ovation = new Ovation({ url });
  expect(renderToString(createElement(Likes, { ovation }))).toBe("<p>0</p>");
});
