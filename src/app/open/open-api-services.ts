import type { App } from "../../domain/app";
import type { ApiServices } from "../../http/api/ports";
import { createKeyRing } from "../../login/tokens/key-ring";
import { SEALS_KEYS } from "../../login/tokens/sealed-by";
import { hashOf, isApiKey } from "../../login/tokens/secrets";
import { createSessions } from "../../login/tokens/sessions";
import { withDatabaseFailures } from "../../mirror/database-failure";
import { aboutSource } from "../../mirror/one-source";
import type { Logins } from "../logins";
import type { Adapters } from "./adapters";
import { joinBrowserSignIn } from "./browser-sign-in";

interface Services {
  readonly adapters: Adapters;
  readonly app: App;
  readonly logins: Logins;
}

/** Puts together the services that the API calls. Once it resolves, there is a key that signs. */
export async function openApiServices({ adapters, app, logins }: Services): Promise<ApiServices> {
  const { environment, database, stores, log } = adapters;
  const opened = await stores();
  const { where } = await database();
  // Their database failures reach applications as 503, and not as a bug.
  const told = <T extends object>(one: T): T => withDatabaseFailures(one, async () => where);
  const [apiKeys, store, codes] = [told(opened.apiKeys), told(opened.sessions), told(opened.signInCodes)];
  const [signingKeys, sources] = [told(opened.signingKeys), told(opened.sources)];
  const { settings } = environment;
  const lifetime = settings.sessionHours * 3_600;
  const secrets = await logins.secrets(SEALS_KEYS);
  const ring = createKeyRing({ keys: signingKeys, secrets, lifetime, clock: Date.now, log });
  const sessions = createSessions({
    store,
    ring,
    subject: (signedIn) => aboutSource(signedIn.source, () => logins.subjectOf(signedIn)),
    secrets: await logins.secrets("refresh-handles"),
    clock: Date.now,
    lifetime,
    // Every process of this mirror signs as one.
    issuer: settings.publicUrl ?? `urn:uuid:${await sources.mirrorId()}`,
  });
  const browser = joinBrowserSignIn({
    signIn: logins.signIn,
    codes,
    conclude: (call, key) => app.concludeLogin({ ...call, outcome: { outcome: "accepted", key } }),
  });
  await ring.signing();
  return {
    findCaller: async (key) => (isApiKey(key) ? apiKeys.find(hashOf(key)) : null),
    async login({ credential, ...call }) {
      return credential.kind === "code"
        ? browser.exchange({ ...call, credential })
        : app.login({ ...call, credential });
    },
    sessions: {
      ...sessions,
      open: ({ subject: { source, key, id }, basis, asOf, passwordChangedAt }, caller) =>
        aboutSource(source, () => sessions.open({ source, key, id, basis, asOf, passwordChangedAt }, caller)),
    },
    publishedKeys: async () => (await ring.published()) as Awaited<ReturnType<ApiServices["publishedKeys"]>>,
    identity: app.identity,
    identities: app.identities,
    grants: app.grants,
    grantRole: app.grantRole,
    revokeGrant: app.revokeGrant,
    startSignIn: browser.startSignIn,
    finishSignIn: browser.finishSignIn,
  };
}
