import { Client } from "pg";

/**
 * Stands between a run and its database, and sends each statement when it likes.
 *
 * @param isPromised false for what must be sent at once: a COPY, a query of knex
 */
export type StatementWatch = (send: () => unknown, session: Client, isPromised: boolean, text: string) => unknown;

/**
 * Watches everything that this process asks of a database, from the claim of the next run on, until the mocks are restored.
 *
 * @param except a session that is left alone
 */
export function watchStatements(watch: StatementWatch, except: Client | null = null): jest.SpyInstance {
  const { query } = Client.prototype;
  let isRun = false;
  return jest.spyOn(Client.prototype, "query").mockImplementation(function watched(this: Client, ...args: unknown[]) {
    const [first, last] = [args[0], args.at(-1)];
    const text = typeof first === "string" ? first : String((first as { text?: string }).text ?? "");
    const send = (): unknown => Reflect.apply(query, this, args);
    isRun ||= text.includes("backend_start");
    if (!isRun || this === except) return send();
    const isPromised = typeof last !== "function" && typeof (first as { submit?: unknown }).submit !== "function";
    return watch(send, this, isPromised, text);
  } as typeof query);
}

/** The number by which the server knows a session. */
export const processOf = (session: Client): number => (session as unknown as { processID: number }).processID;
