import { LISTED } from "../../domain/answers";
import type { App } from "../../domain/app";
import { Failure } from "../../domain/errors";
import { type IsPersonal, maskChange, maskDiff, maskHolder } from "../../domain/personal-data";
import type { Jobs } from "../jobs";
import type { Adapters } from "../open/adapters";

type AuditAnswers = Pick<App, "auditUser" | "auditWho" | "auditDiff" | "auditExport">;

/** What the audit tells, as it may be shown. */
export function createAuditAnswers({ stores }: Pick<Adapters, "stores">, jobs: Jobs): AuditAnswers {
  return {
    async auditUser(source, key, since) {
      await jobs.refuseUnknown(source);
      const isPersonal = await jobs.personalIn(source);
      const { audit, identities } = await stores();
      const entries = await audit.ofUser(source, key, since);
      if (entries.length === 0) await refuseUnheard(source, key, since, { audit, identities });
      const keptSince = await audit.keptSince();
      const note =
        keptSince !== null && (since === null || since < keptSince)
          ? `the audit goes back to ${keptSince}: from the time before, only what still held then is kept`
          : null;
      return { source, key, entries: entries.map((entry) => maskChange(entry, isPersonal)), note };
    },
    async auditWho({ source, role, at }) {
      await jobs.refuseUnknown(source);
      const isPersonal = await jobs.personalIn(source);
      const answer = await (await stores()).audit.who(source, role, at);
      return { ...answer, holders: answer.holders.map((holder) => maskHolder(holder, isPersonal)) };
    },
    async auditDiff({ full, ...request }) {
      await jobs.refuseUnknown(request.source);
      const isPersonal = await jobs.personalIn(request.source);
      const answer = await (await stores()).auditDiff.between({ ...request, limit: full ? null : LISTED });
      return maskDiff(answer, isPersonal);
    },
    async auditExport({ take, ...request }) {
      const { source, since, until } = request;
      if (source !== null) await jobs.refuseUnknown(source);
      const masks = new Map<string, IsPersonal>();
      const maskOf = async (of: string): Promise<IsPersonal> => {
        const isPersonal = masks.get(of) ?? (await jobs.personalIn(of));
        masks.set(of, isPersonal);
        return isPersonal;
      };
      let count = 0;
      let [first, last]: [string | null, string | null] = [null, null];
      const { asOf, auditSince, whole } = await (await stores()).auditExport.read({
        ...request,
        async take(entries) {
          count += entries.length;
          first ??= entries[0]?.at ?? null;
          last = entries.at(-1)?.at ?? last;
          const masked = [];
          for (const entry of entries) masked.push(maskChange(entry, await maskOf(entry.source)));
          return take(masked);
        },
      });
      return whole ? { source, since, until, asOf, auditSince, count, first, last } : null;
    },
  };
}

/**
 * Somebody who is gone has a history all the same, though perhaps not since that moment. @throws Failure USE003 for
 * nobody
 */
async function refuseUnheard(
  source: string,
  key: string,
  since: string | null,
  { audit, identities }: Pick<Awaited<ReturnType<Adapters["stores"]>>, "audit" | "identities">,
): Promise<void> {
  if (since !== null && (await audit.ofUser(source, key, null)).length > 0) return;
  try {
    await identities.person(source, key);
  } catch (error) {
    // A source that answers no questions has its history, too.
    if (!(error instanceof Failure) || error.code !== "USE005") throw error;
  }
}
