import type { Redis, RedisOptions } from "ioredis";

/**
 * Makes a connection to Redis one that can be ended at any moment, with every copy that BullMQ makes of it. ioredis
 * alone forgets one that it is about to make again: its `end` never comes, and code that waits for it, or for a
 * command, waits for ever.
 * @param hear gets the errors of the connection and its copies; there are many while Redis is away
 * @returns ends all of them for good; what still waits for an answer is rejected. Safe to call twice.
 */
export function makeEndable(connection: Redis, hear: (error: unknown) => void): () => void {
  const all: Redis[] = [];
  let over = false;

  function adopt(client: Redis): Redis {
    const [connect, disconnect] = [client.connect.bind(client), client.disconnect.bind(client)];
    const duplicate = client.duplicate.bind(client);
    client.on("error", hear);
    client.connect = (callback) => (over ? Promise.reject(new Error("Connection is closed.")) : connect(callback));
    client.disconnect = (reconnect = false) => {
      // There is nothing to end, and ioredis would keep a timer for it.
      if (client.status === "end") return;
      // One that waits for its first attempt is ended properly.
      if (!reconnect && client.status === "reconnecting") client.status = "wait";
      disconnect(reconnect);
    };
    // A copy connects at once and again by itself: BullMQ may wait for it, whatever state Redis is in.
    const copy = (changes: RedisOptions = {}) => adopt(duplicate({ ...changes, lazyConnect: false }));
    client.duplicate = copy as Redis["duplicate"];
    all.push(client);
    return client;
  }

  adopt(connection);
  return () => {
    over = true;
    for (const one of all) one.disconnect();
  };
}
