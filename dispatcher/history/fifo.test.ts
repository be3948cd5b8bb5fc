import fc from "fast-check";
import { expect, test } from "vitest";
import { Fifo } from "./fifo.ts";

test("gives back what was put in, in order, whatever is dropped between", () => {
  const steps = fc.array(fc.record({ push: fc.nat({ max: 900 }), drop: fc.nat({ max: 900 }) }));
  fc.assert(
    fc.property(steps, (list) => {
      const fifo = new Fifo<number>();
      const due: number[] = [];
      let next = 0;
      for (const { push, drop } of list) {
        for (let n = 0; n < push; n += 1) {
          fifo.push(next);
          due.push(next);
          next += 1;
        }
        const dropped = Math.min(drop, due.length);
        fifo.drop(dropped);
        due.splice(0, dropped);
        expect(fifo.length).toBe(due.length);
        expect([fifo.at(0), fifo.at(due.length - 1)]).toEqual([due[0], due.at(-1)]);
        expect(fifo.at(due.length)).toBeUndefined();
      }
    }),
  );
});
