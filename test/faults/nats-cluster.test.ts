/** A cluster of three nats-servers loses some of them, under likes and comments. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Commenter, expectAllComments, Viewer } from "./world/audience.ts";
import { lanFault } from "./world/lan.ts";
import { World } from "./world/world.ts";

const VIDEO = "launch";

let world: World;
let viewers: Viewer[];
let commenter: Commenter;

describe.skipIf(lanFault() !== undefined)("a cluster of three nats-servers", () => {
  beforeEach(async () => {
    world = await World.start({ nats: 3, gateways: 2, dispatchers: 2 });
    viewers = Array.from({ length: 20 }, () => new Viewer(world.urls, VIDEO));
    await Promise.all(viewers.map((viewer) => viewer.connected()));
    commenter = new Commenter(world.urls, VIDEO, "ann");
    commenter.start();
    await commenter.goesOn();
  });
  afterEach(async () => {
    await commenter.stop();
    for (const viewer of viewers) viewer.close();
    await world.end();
  });

  test("loses any one: viewers keep their connections, and no comment is lost", async () => {
    for (const name of ["nats-1", "nats-2", "nats-3"]) {
      await world.kill(name);
      await commenter.goesOn();
      await world.start(name);
      await world.ready();
      await commenter.goesOn();
    }
    await commenter.stop();
    await expectAllComments(viewers, [commenter]);
    expect(viewers.map(({ connections }) => connections)).toEqual(viewers.map(() => 1));
    await world.healthyTable();
  });

  test("loses two, and the quorum with them: comments wait, and go on when it is back", async () => {
    await world.kill("nats-1");
    await world.kill("nats-2");
    const stored = commenter.stored.size;
    // Nothing can be stored by one of three, and nobody is told that it was.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(commenter.stored.size - stored).toBeLessThanOrEqual(1);
    await world.start("nats-1");
    await world.start("nats-2");
    await world.ready();
    await commenter.goesOn();
    await commenter.stop();
    await expectAllComments(viewers, [commenter]);
    await world.healthyTable();
  });
});
