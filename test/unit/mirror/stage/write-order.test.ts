import type { ClientBase } from "pg";
import { WriteOrder } from "../../../../src/mirror/stage/write-order";

const [first, second] = [{ name: "first" } as unknown as ClientBase, { name: "second" } as unknown as ClientBase];

/** Writes that are told when to end, and what happened in which order. */
function stage(another: ClientBase | null = second) {
  const lend = jest.fn(async () => another);
  const order = new WriteOrder(first, lend);
  const events: string[] = [];
  const ends = new Map<string, { resolve(): void; reject(error: Error): void }>();
  const give = (how: "next" | "beside", name: string): void => {
    order[how](async ({ client, comes }) => {
      events.push(`${name} on ${client === first ? "the first" : "the second"}`);
      await new Promise<void>((resolve, reject) => ends.set(name, { resolve, reject }));
      await comes;
      events.push(`${name} done`);
    }).catch(() => undefined);
  };
  const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  return {
    order,
    lend,
    events,
    give,
    settled,
    async end(name: string, error: Error | null = null): Promise<void> {
      await settled();
      const end = ends.get(name);
      if (error === null) end?.resolve();
      else end?.reject(error);
      await settled();
    },
  };
}

test("one write comes after the other", async () => {
  const { order, events, give, end } = stage();
  await order.widen();
  for (const name of ["a", "b", "c"]) give("next", name);
  await end("a");
  expect(events).toEqual(["a on the first", "a done", "b on the first"]);
  await end("b");
  await end("c");
  await order.done;
  expect(events.slice(2)).toEqual(["b on the first", "b done", "c on the first", "c done"]);
});

test("two may be at work at once, and end in their order", async () => {
  const { order, events, give, end } = stage();
  await order.widen();
  for (const name of ["a", "b", "c"]) give("beside", name);
  await end("b");
  expect(events).toEqual(["a on the first", "b on the second"]);
  await end("a");
  expect(events.slice(2)).toEqual(["a done", "c on the first", "b done"]);
  await end("c");
  await order.done;
  expect(events.at(-1)).toBe("c done");
});

test("what is done alone has nobody beside it", async () => {
  const { order, events, give, end } = stage();
  await order.widen();
  give("next", "alone");
  give("beside", "a");
  give("beside", "b");
  give("next", "last");
  await end("alone");
  expect(new Set(events)).toEqual(new Set(["alone on the first", "alone done", "a on the first", "b on the second"]));
  await end("a");
  expect(events).not.toContain("last on the first");
  await end("b");
  await end("last");
  await order.done;
  expect(events.slice(-2)).toEqual(["last on the first", "last done"]);
});

test("without a second session all are done alone", async () => {
  const { order, lend, events, give, end } = stage(null);
  await order.widen();
  await order.widen();
  expect(lend).toHaveBeenCalledTimes(1);
  for (const name of ["a", "b"]) give("beside", name);
  await end("a");
  expect(events).toEqual(["a on the first", "a done", "b on the first"]);
  await end("b");
  await order.done;
});

test("none comes to its turn after one that failed, and that is what all fail with", async () => {
  const { order, events, give, end } = stage();
  await order.widen();
  for (const name of ["a", "b", "c"]) give("beside", name);
  await end("b");
  await end("a", new Error("lost"));
  await expect(order.done).rejects.toThrow("lost");
  expect(events).toEqual(["a on the first", "b on the second"]);
});

test("all is at rest only when those before a failed one are done", async () => {
  const { order, events, give, end, settled } = stage();
  await order.widen();
  for (const name of ["a", "b"]) give("beside", name);
  await end("b", new Error("lost"));
  let isAtRest = false;
  const rest = order.rest().then(() => {
    isAtRest = true;
  });
  await settled();
  expect(isAtRest).toBe(false);
  await end("a");
  await rest;
  expect(events).toEqual(["a on the first", "b on the second", "a done"]);
  await expect(order.done).rejects.toThrow("lost");
});
