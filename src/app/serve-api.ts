import type { SignedIn } from "../domain/api";
import type { App } from "../domain/app";
import type { BrowserSignIn } from "../domain/live-check";
import type { Subject } from "../domain/login";
import type { ApiServices } from "../http/api/ports";
import { createKeyRing } from "../login/tokens/key-ring";
import { hashOf, isApiKey } from "../login/tokens/secrets";
import { createSessions } from "../login/tokens/sessions";
import type { Adapters } from "./adapters";
import { joinBrowserSignIn } from "./browser-sign-in";

interface Services {
  readonly adapters: Adapters;
  readonly app: App;
  /** A secret from outside the database. */
  readonly pepper: () => Promise<{ derive(purpose: string): Uint8Array }>;
  readonly signIn: (source: string) => Promise<BrowserSignIn>;
  /** Who somebody is by what they signed in with; null for nobody who may sign in. */
  readonly subject: (signedIn: SignedIn) => Promise<Subject | null>;
}

/** Puts together what the API asks of the house. The signing keys are there when it is. */
export async function openApi({ adapters, app, pepper, signIn, subject }: Services): Promise<ApiServices> {
  const { environment, stores, log } = adapters;
  const { apiKeys, sessions: store, signInCodes: codes, signingKeys, sources } = await stores();
  const { settings } = environment;
  const secret = await pepper();
  const ring = createKeyRing(signingKeys, secret.derive("signing-keys"), Date.now, log);
  const sessions = createSessions({
    ...{ store, ring, subject, secret: secret.derive("refresh-handles"), clock: Date.now },
    lifetime: settings.sessionHours * 3_600,
    // Every process of this mirror signs as one.
    issuer: settings.publicUrl ?? `urn:uuid:${await sources.mirrorId()}`,
  });
  const browser = joinBrowserSignIn({
    ...{ signIn, codes },
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
      open: ({ subject: { source, key, id }, basis, asOf }, caller) =>
        sessions.open({ source, key, id, basis, asOf }, caller),
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
