/**
 * An OpenID provider: its discovery document and its keys, fetched now and then. While it is away what was last heard
 * counts, for as long as the job says; a key nobody knows makes us ask again, but no more often than the cooldown
 * allows.
 */
import { createPublicKey, type JsonWebKey } from "node:crypto";
import {
  type AuthorizationServer,
  allowInsecureRequests,
  customFetch,
  discoveryRequest,
  processDiscoveryResponse,
} from "oauth4webapi";
import { Failure } from "../../domain/errors";
import { isJsonObject, type JsonObject } from "../../domain/json";
import { orInterrupted } from "../http/interruption";
import { readPath } from "../http/places";
import { readJson } from "../http/read-json";
import { createGuardedFetch, libraryFailure } from "./guarded-fetch";
import type { LoginClient } from "./login-client";
import type { IssuerMemory, RememberedIssuer } from "./ports";

/** Milliseconds after which keys are fetched anew, in the background. */
const REFRESH = 600_000;
/** Milliseconds between two attempts to fetch them. */
const COOLDOWN = 30_000;
/** Milliseconds. A clock that was set back must not make old keys young. */
const CLOCK_SLACK = 60_000;

export interface IssuerNow {
  readonly metadata: AuthorizationServer;
  readonly keys: JsonObject;
}

export interface Issuer {
  /** @throws Failure of the upstream when it was not heard of for too long, and cannot be asked */
  now(signal: AbortSignal): Promise<IssuerNow>;
  /** After a key that is not there: asks again, unless it was asked just now. */
  renewed(signal: AbortSignal): Promise<IssuerNow>;
  /** Asks, whatever is known. */
  probe(signal: AbortSignal): Promise<void>;
}

export interface IssuerOptions {
  readonly client: LoginClient;
  readonly issuer: string;
  /** Milliseconds for which what was last heard counts while the provider is away. */
  readonly keysFor: number;
  readonly memory: IssuerMemory;
}

export function createIssuer({ client, issuer, keysFor, memory }: IssuerOptions): Issuer {
  const { source } = client.job;
  const url = new URL(issuer);
  const shown = `the OpenID provider ${url.origin}${url.pathname}`;
  let known: RememberedIssuer | null = null;
  let isRemembered = false;
  let lastAttempt = Number.NEGATIVE_INFINITY;
  let lastTrouble: unknown = null;
  let coming: Promise<RememberedIssuer> | null = null;

  const ageOf = ({ fetchedAt }: RememberedIssuer): number => client.now() - fetchedAt;
  const isUsable = (one: RememberedIssuer): boolean => ageOf(one) < keysFor && ageOf(one) > -CLOCK_SLACK;

  const fetchAnew = (): Promise<RememberedIssuer> => {
    coming ??= fetchIssuer(client, url, shown)
      .then(async (fetched) => {
        [known, lastTrouble] = [fetched, null];
        await memory.save(source, issuer, fetched).catch((error: unknown) => {
          // They are known here; others ask for themselves.
          client.log.warn("the keys of an OpenID provider could not be kept", { source, error });
        });
        return fetched;
      })
      .catch((error: unknown) => {
        lastTrouble = error;
        throw error;
      })
      .finally(() => {
        lastAttempt = client.now();
        coming = null;
      });
    return coming;
  };
  const isCooling = (): boolean => {
    const since = client.now() - lastAttempt;
    return coming === null && since >= 0 && since < COOLDOWN;
  };
  const ask = (signal: AbortSignal): Promise<RememberedIssuer> => {
    if (isCooling() && lastTrouble !== null) throw lastTrouble;
    return orInterrupted(fetchAnew(), signal);
  };
  const recall = async (): Promise<void> => {
    if (isRemembered) return;
    const remembered = await memory.load(source, issuer);
    known ??= remembered;
    isRemembered = true;
  };

  return {
    async now(signal) {
      await recall();
      if (known === null || !isUsable(known)) return asNow(await ask(signal));
      // Nobody waits for it, and trouble shows when it is needed.
      if (ageOf(known) > REFRESH && !isCooling()) fetchAnew().catch(() => undefined);
      return asNow(known);
    },
    async renewed(signal) {
      if (known !== null && isUsable(known) && isCooling() && lastTrouble === null) return asNow(known);
      return asNow(await ask(signal));
    },
    async probe(signal) {
      await orInterrupted(fetchAnew(), signal);
    },
  };
}

const asNow = ({ metadata, keys }: RememberedIssuer): IssuerNow => ({
  metadata: metadata as unknown as AuthorizationServer,
  keys,
});

async function fetchIssuer(client: LoginClient, url: URL, shown: string): Promise<RememberedIssuer> {
  // Never aborted: it is fetched for all who wait, and for those who come later, so no single one may end it.
  const { signal } = new AbortController();
  const fetchedAt = client.now();
  const metadata = await discover(client, url, shown, signal);
  const address = new URL(String(metadata.jwks_uri));
  if (url.protocol === "https:" && address.protocol !== "https:")
    throw new Failure("UPS013", `${shown} names keys at an address without TLS`);
  const where = `${address.origin}${address.pathname}`;
  const answer = await client.http.send({ method: "GET", url: address, shown: where, headers: KEYS_ACCEPT }, signal);
  if (answer.status >= 500)
    throw new Failure("UPS003", `${where} answered with status ${answer.status}`, { data: { status: answer.status } });
  const set = answer.status === 200 ? readPath(readJson(answer, where, client.limits), ["keys"]) : undefined;
  const keys = Array.isArray(set) ? set.filter(isKey) : [];
  // What was known before is better than nothing.
  if (keys.length === 0) throw new Failure("UPS013", `${where} answered with no key set (status ${answer.status})`);
  return { metadata: metadata as unknown as JsonObject, keys: { keys }, fetchedAt };
}

/** One that cannot be read would spoil the set for the others. */
function isKey(one: unknown): one is JsonObject {
  if (!isJsonObject(one)) return false;
  try {
    createPublicKey({ key: one as JsonWebKey, format: "jwk" });
    return true;
  } catch {
    return false;
  }
}

const KEYS_ACCEPT = { accept: "application/jwk-set+json, application/json" };

async function discover(
  client: LoginClient,
  url: URL,
  shown: string,
  signal: AbortSignal,
): Promise<AuthorizationServer> {
  try {
    const options = {
      [customFetch]: createGuardedFetch(client, signal),
      [allowInsecureRequests]: url.protocol === "http:",
    };
    const metadata = await processDiscoveryResponse(url, await discoveryRequest(url, options));
    if (metadata.jwks_uri !== undefined && URL.canParse(metadata.jwks_uri)) return metadata;
  } catch (error) {
    throw libraryFailure(error, shown);
  }
  throw new Failure("UPS013", `${shown} does not say where its keys are`);
}
