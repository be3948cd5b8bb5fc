/** docs/elements.md names all that the elements have, and nothing else. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as elements from "./index.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/elements.md"), "utf8");
const sources = globSync("*.ts", { cwd: import.meta.dirname })
  .filter((name) => !name.endsWith(".test.ts"))
  .map((name) => readFileSync(join(import.meta.dirname, name), "utf8"))
  .join("\n");

/** The text below a heading, up to the next one of its level or above. */
function section(heading: string): string {
  const [level = ""] = heading.split(" ");
  const [, text = ""] = page.split(`\n${heading}\n`);
  return text.split(new RegExp(`^#{1,${level.length}} `, "m"))[0] ?? "";
}

const code = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
/** The names in the first column of the tables of a text. */
const listed = (text: string) =>
  [...text.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, cell = ""]) => code(cell));
const common = elements.OvationElement.observedAttributes;

test("all elements have the attributes, properties and events of the common tables", () => {
  const [intro = ""] = section("## All elements").split("\n### ");
  const events = [...sources.matchAll(/^ {2}"(ovation-\w+)": (?:OvationError|\{)/gm)];
  expect(listed(intro).toSorted()).toEqual(
    [
      ...common,
      "token",
      "client",
      "playhead",
      "messages",
      ...events.map(([, name = ""]) => name),
    ].toSorted(),
  );
});

describe.each([
  ["ovation-live", elements.OvationLive],
  ["ovation-viewers", elements.OvationViewers],
  ["ovation-hearts", elements.OvationHearts],
  ["ovation-reactions", elements.OvationReactions],
  ["ovation-poll", elements.OvationPoll],
  ["ovation-chat", elements.OvationChat],
])("<%s>", (name, { observedAttributes, parts }) => {
  const text = section(`### \`<${name}>\``);

  test("has the attributes of its table", () => {
    const own = observedAttributes.filter((attribute) => !common.includes(attribute));
    expect(listed(text).toSorted()).toEqual(own.toSorted());
  });

  test("has the parts of its list", () => {
    const [, line = ""] = /^Parts: (.*?)(?:, and those|\.$)/m.exec(text) ?? [];
    expect(code(line)).toEqual(parts);
  });
});

test("all parts belong to an element", () => {
  const used = [...sources.matchAll(/\bpart: "([\w-]+)"/g)].map(([, part = ""]) => part);
  const known = Object.values(elements).flatMap((one) => ("parts" in one ? one.parts : []));
  expect([...new Set(used)].toSorted()).toEqual([...new Set(known)].toSorted());
});

test("the custom properties are those of its table", () => {
  const used = [...sources.matchAll(/var\((--ovation-[\w-]+)/g)].map(([, name = ""]) => name);
  expect(listed(section("## Looks")).toSorted()).toEqual([...new Set(used)].toSorted());
});
