import { beforeEach, describe, expect, test } from "vitest";
import { frontendSubject } from "../../shared/protocol/subjects.ts";
import { RouteTable } from "./routes.ts";

let routes: RouteTable;
let revision = 0;

function set(video: string, gateway: string, viewers: number): boolean {
  revision += 1;
  return routes.set(video, gateway, { viewers, revision });
}

function goesTo(video: string): string[] {
  return routes.subjects(video).toSorted();
}

beforeEach(() => {
  routes = new RouteTable();
});

describe("where an event goes", () => {
  test("nowhere, without viewers", () => {
    expect(goesTo("launch")).toEqual([]);
    expect(routes.viewers("launch")).toBe(0);
  });

  test("once to each gateway with a row of the video, and to no other", () => {
    set("launch", "g1", 5);
    set("launch", "g2", 7);
    set("keynote", "g3", 1);
    expect(goesTo("launch")).toEqual([
      frontendSubject("g1", "launch"),
      frontendSubject("g2", "launch"),
    ]);
    expect(goesTo("keynote")).toEqual([frontendSubject("g3", "keynote")]);
  });

  test("changes when a row is added or removed", () => {
    set("launch", "g1", 5);
    expect(goesTo("launch")).toHaveLength(1);
    set("launch", "g2", 1);
    expect(goesTo("launch")).toHaveLength(2);
    routes.remove("launch", "g1");
    expect(goesTo("launch")).toEqual([frontendSubject("g2", "launch")]);
    routes.remove("launch", "g2");
    expect(goesTo("launch")).toEqual([]);
  });

  test("is not recomputed for each event", () => {
    set("launch", "g1", 5);
    expect(routes.subjects("launch")).toBe(routes.subjects("launch"));
    const before = routes.subjects("launch");
    set("launch", "g1", 6);
    expect(routes.subjects("launch")).toBe(before);
  });

  test("also to a gateway that has announced its row, once", () => {
    set("launch", "g1", 5);
    routes.announce("launch", "g2");
    routes.announce("launch", "g1");
    expect(goesTo("launch")).toEqual([
      frontendSubject("g1", "launch"),
      frontendSubject("g2", "launch"),
    ]);
    expect(routes.viewers("launch")).toBe(5);
  });

  test("depends on its row alone, once that has arrived", () => {
    routes.announce("launch", "g1");
    set("launch", "g1", 1);
    routes.remove("launch", "g1");
    expect(goesTo("launch")).toEqual([]);
    expect(routes.videoCount).toBe(0);
  });

  test("to a gateway that announces its row again before the removal of the old one arrives", () => {
    set("launch", "g1", 1);
    routes.announce("launch", "g1");
    routes.remove("launch", "g1");
    expect(goesTo("launch")).toEqual([frontendSubject("g1", "launch")]);
  });

  test("no longer to a gateway whose announced row has not arrived in time", () => {
    routes.announce("launch", "g1");
    routes.endAnnounced("launch", "g1");
    expect(goesTo("launch")).toEqual([]);
    expect(routes.videoCount).toBe(0);
  });
});

describe("viewers", () => {
  test("are summed across the gateways, by their newest rows", () => {
    set("launch", "g1", 5);
    set("launch", "g2", 7);
    set("launch", "g1", 2);
    expect(routes.viewers("launch")).toBe(9);
  });
});

describe("a dead gateway", () => {
  beforeEach(() => {
    set("launch", "g1", 5);
    set("launch", "g2", 7);
    set("keynote", "g1", 3);
  });

  test("gets no events and counts no viewers, in any video, though its rows stay", () => {
    expect(goesTo("launch")).toHaveLength(2);
    expect(routes.setDead("g1", true)).toBe(true);
    expect(goesTo("launch")).toEqual([frontendSubject("g2", "launch")]);
    expect(goesTo("keynote")).toEqual([]);
    expect([routes.viewers("launch"), routes.viewers("keynote")]).toEqual([7, 0]);
    expect([...routes.videosOf("g1")].toSorted()).toEqual(["keynote", "launch"]);
  });

  test("stays dead when rows of it are written", () => {
    routes.setDead("g1", true);
    set("launch", "g1", 9);
    set("encore", "g1", 9);
    expect(goesTo("launch")).toEqual([frontendSubject("g2", "launch")]);
    expect(goesTo("encore")).toEqual([]);
  });

  test("that shows a sign of life gets everything again", () => {
    routes.setDead("g1", true);
    expect(routes.setDead("g1", true)).toBe(false);
    expect(routes.setDead("g1", false)).toBe(true);
    expect(goesTo("launch")).toHaveLength(2);
    expect(routes.viewers("keynote")).toBe(3);
  });

  test("is forgotten with its last row", () => {
    routes.setDead("g1", true);
    routes.remove("launch", "g1");
    routes.remove("keynote", "g1");
    expect(routes.setDead("g1", true)).toBe(false);
    set("launch", "g1", 1);
    expect(routes.viewers("launch")).toBe(8);
  });
});

describe("what a change returns", () => {
  test("a write: whether routes or viewers changed", () => {
    expect(set("launch", "g1", 5)).toBe(true);
    expect(set("launch", "g1", 5)).toBe(false);
    expect(set("launch", "g1", 6)).toBe(true);
    expect(routes.row("launch", "g1")).toEqual({ viewers: 6, revision });
  });

  test("a removal: whether there was a row", () => {
    expect(routes.remove("launch", "g1")).toBe(false);
    set("launch", "g1", 5);
    expect(routes.remove("launch", "g2")).toBe(false);
    expect(routes.remove("launch", "g1")).toBe(true);
    expect(routes.remove("launch", "g1")).toBe(false);
  });

  test("nothing is left of what was removed", () => {
    for (const gateway of ["g1", "g2"]) for (const video of ["a", "b"]) set(video, gateway, 1);
    expect([routes.rowCount, routes.videoCount]).toEqual([4, 2]);
    expect([...routes.rows()]).toHaveLength(4);
    for (const { video, gateway } of [...routes.rows()]) routes.remove(video, gateway);
    expect([routes.rowCount, routes.videoCount]).toEqual([0, 0]);
    expect([...routes.rows()]).toEqual([]);
    expect([...routes.gateways()]).toEqual([]);
    expect(routes.videosOf("g1").size).toBe(0);
  });
});
