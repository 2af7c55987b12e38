import { once } from "../../domain/once";
import { ADDRESS_LIMITS, FORGOTTEN_AFTER, LOST_AFTER, WAITS } from "../../login/limits";
import { AdministratorStore } from "../../mirror/login/administrator-store";
import { AttemptStore } from "../../mirror/login/attempt-store";
import { BreakerStore } from "../../mirror/login/breaker-store";
import { Directory } from "../../mirror/login/directory";
import { GrantStore } from "../../mirror/login/grant-store";
import { JournalStore } from "../../mirror/login/journal-store";
import { KeyedDigest } from "../../mirror/login/keyed-digest";
import { ReadinessStore } from "../../mirror/login/readiness-store";
import { VerifierStore } from "../../mirror/login/verifier-store";
import type { Adapters } from "./adapters";

/** What the mirror keeps for logins, opened with the first who asks. */
export const openLoginStores = ({ database, peppers }: Pick<Adapters, "database" | "peppers">) =>
  once(async () => {
    const opened = await database();
    const [pepper, ...previous] = await peppers();
    const digest = new KeyedDigest([pepper.derive("logins"), ...previous.map((one) => one.derive("logins"))]);
    const limits = { waits: WAITS, forgottenAfter: FORGOTTEN_AFTER, lostAfter: LOST_AFTER, ...ADDRESS_LIMITS };
    return {
      /** A login reader may only ask about one person at a time. */
      isLoginReader: opened.isLoginReader,
      directory: new Directory(opened, digest),
      verifiers: new VerifierStore(opened, digest),
      attempts: new AttemptStore(opened, digest, limits),
      breakers: new BreakerStore(opened),
      journal: new JournalStore(opened, digest),
      grants: new GrantStore(opened),
      administrators: new AdministratorStore(opened),
      readiness: new ReadinessStore(opened),
    };
  });

export type LoginStores = Awaited<ReturnType<ReturnType<typeof openLoginStores>>>;
