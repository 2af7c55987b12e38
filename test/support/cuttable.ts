/**
 * A way to a server that can be cut: what goes to `port` reaches the server until `cut()`, which breaks every connection and
 * lets no new one through, or `hang()`, which leaves them open and passes nothing on. `mend()` opens it again. What it forgets
 * hangs for good.
 */
import { EventEmitter, once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Cuttable {
  readonly port: number;
  cut(): void;
  hang(): void;
  mend(): void;
  /** The connections that are there pass nothing on any more, and nobody is told; new ones do. @param far whether they stay at the server */
  forget(far: "the server keeps them" | "the server ends them"): void;
  /** Whoever connects from now on is kept waiting, until `mend()`; connections that are there go on. */
  crowd(): void;
  /** Whoever connects from now on reaches another port; connections that are there stay. */
  lead(port: number): void;
  /**
   * Cuts the connection over which that text goes next: before it has reached the server, or when the server has answered it.
   * Resolves when that is done.
   */
  cutAt(text: string, when: "before it" | "after it"): Promise<void>;
  close(): Promise<void>;
}

/** @param first a port of loopback, or the path of a socket */
export async function startCuttable(first: number | string): Promise<Cuttable> {
  let target = first;
  let state: "open" | "cut" | "hanging" | "crowded" = "open";
  const pairs = new Set<readonly [Socket, Socket]>();
  const forgotten = new Set<readonly [Socket, Socket]>();
  const comings = new EventEmitter();
  let trap: { text: string; when: "before it" | "after it" } | null = null;
  const server = createServer((near) => {
    if (state === "cut") {
      near.destroy();
      return;
    }
    const far = typeof target === "number" ? connect(target, "127.0.0.1") : connect(target);
    const pair = [near, far] as const;
    pairs.add(pair);
    if (state === "crowded") forgotten.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on("data", (chunk: Buffer) => {
        if (state === "hanging" || forgotten.has(pair)) return;
        if (from !== near || trap === null || !chunk.includes(trap.text)) return void to.write(chunk);
        if (trap.when === "after it") {
          far.removeAllListeners("data");
          far.once("data", () => near.destroy());
          far.write(chunk);
        } else near.destroy();
        trap = null;
        comings.emit("trapped");
      });
      from.on("error", () => undefined);
      from.on("close", () => {
        if (from === far && forgotten.has(pair)) return;
        to.destroy();
        pairs.delete(pair);
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const breakAll = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      state = "cut";
      breakAll();
    },
    hang() {
      state = "hanging";
    },
    crowd() {
      state = "crowded";
    },
    mend() {
      // What hung lost bytes on the way and is of no use to either side.
      if (state === "hanging") breakAll();
      state = "open";
    },
    forget(far) {
      for (const pair of pairs) {
        forgotten.add(pair);
        if (far === "the server ends them") pair[1].destroy();
      }
    },
    lead(port) {
      target = port;
    },
    async cutAt(text, when) {
      trap = { text, when };
      await once(comings, "trapped");
    },
    async close() {
      breakAll();
      server.close();
      await once(server, "close");
    },
  };
}
