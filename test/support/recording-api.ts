/** The API over HTTP with a house that knows two callers, lets everybody in, and keeps what it was asked and what was logged. */
import type { LoginCall } from "../../src/domain/login";
import type { CodeCall } from "../../src/http/api/ports";
import { ACCEPTED, type AskOptions, CALLER, houseOf, KEY, startApi } from "./api-server";

/** A login that is let in. */
export const GOOD = { source: "acme", login: "ada", password: "right" };

export type RecordingApi = Awaited<ReturnType<typeof startRecordingApi>>;

export async function startRecordingApi() {
  const asked: (LoginCall | CodeCall)[] = [];
  const listed: (string | null)[] = [];
  const told: string[] = [];
  const tell = (message: string, fields: object = {}) => void told.push(JSON.stringify({ message, ...fields }));
  const log = { debug: tell, info: tell, warn: tell, error: tell, child: () => log };
  const house = houseOf({
    findCaller: async (key) => {
      if (key === KEY) return CALLER;
      if (key === "usk_reader") return { ...CALLER, name: "reader", scopes: ["identities"] };
      return null;
    },
    login: async (call) => {
      asked.push(call);
      return ACCEPTED;
    },
    identities: async ({ username }) => {
      listed.push(username);
      return { identities: [], next: null };
    },
    finishSignIn: async (_source, query) => ({
      address: `https://app.example/?error=${query.get("error")}`,
      outcome: "refused",
      reason: null,
    }),
    sessions: { ...houseOf({}).sessions, introspect: async () => ({ active: false }) },
  });
  const api = await startApi(async () => house, { log, arrival: 400 });
  return {
    ...api,
    /** Who was asked to be let in. */
    asked,
    /** By which user name people were looked for. */
    listed,
    /** Lines of the log. */
    told,
    login: (request: AskOptions = {}) => api.ask("POST", "/v1/login", { body: GOOD, ...request }),
    forget(): void {
      for (const kept of [asked, listed, told]) kept.length = 0;
    },
  };
}
