import type { App } from "../../domain/app";
import { hashOf, makeApiKey } from "../../login/tokens/secrets";
import type { Jobs } from "../jobs";
import type { Adapters } from "../open/adapters";

/** Keys of applications. A key is made here and leaves with the answer; what is kept is its hash. */
export function createApiKeys({ stores }: Adapters, jobs: Jobs): Pick<App, "createKey" | "keys" | "revokeKey"> {
  return {
    async createKey(request) {
      for (const source of request.sources) await jobs.refuseUnknown(source);
      const key = makeApiKey();
      return { ...(await (await stores()).apiKeys.create(request, hashOf(key))), key };
    },
    keys: async ({ all }) => (await stores()).apiKeys.list(all),
    revokeKey: async ({ name, by }) => (await stores()).apiKeys.revoke(name, by),
  };
}
