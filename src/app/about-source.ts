import type { App } from "../domain/app";
import { LOCAL_SOURCE } from "../domain/login";
import { aboutSource } from "../mirror/one-source";

type About = { readonly [Method in keyof App]: (...args: Parameters<App[Method]>) => string | null };

const all = (): null => null;
const named = (source: string): string => source;
const asked = ({ source }: { readonly source: string | null }): string | null => source;
const ofAdministrators = (): string => LOCAL_SOURCE;

/** Whose data each method may see. What is asked for by the number of a run is about its source from there on. */
const ABOUT: About = {
  sources: all,
  sync: asked,
  detach: asked,
  plan: asked,
  runs: asked,
  showRun: all,
  showSource: named,
  showPerson: named,
  why: asked,
  holds: asked,
  heldBack: (source) => source,
  showHold: all,
  releaseHold: all,
  rejectHold: all,
  check: all,
  testMappings: all,
  tryMapping: all,
  init: all,
  doctor: all,
  migrate: all,
  status: all,
  auditUser: named,
  auditWho: asked,
  auditDiff: asked,
  auditExport: asked,
  verifyAudit: all,
  sealAudit: all,
  prune: all,
  recordTest: asked,
  replayMapping: asked,
  rekey: asked,
  rejects: asked,
  planRevert: all,
  revert: all,
  retireSource: asked,
  erasePerson: asked,
  testNotify: named,
  login: asked,
  concludeLogin: asked,
  verifyLogin: asked,
  identity: named,
  identities: asked,
  grantRole: asked,
  grants: asked,
  revokeGrant: asked,
  createAdministrator: ofAdministrators,
  administrators: ofAdministrators,
  removeAdministrator: ofAdministrators,
  offlineReport: named,
  drill: asked,
  admitted: asked,
  createKey: all,
  keys: all,
  revokeKey: all,
  operate: all,
  close: all,
};

/** The same; and what it asks the database for about one source, it sees of that one alone. */
export const aboutItsSource = (app: App): App =>
  new Proxy(app, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return (...args: readonly unknown[]): unknown => {
        const source = (ABOUT[name as keyof App] as (...args: readonly unknown[]) => string | null)(...args);
        const call = (): unknown => method.apply(target, args);
        return source === null ? call() : aboutSource(source, call);
      };
    },
  });
