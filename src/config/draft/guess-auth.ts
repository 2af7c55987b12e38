import type { Sureness } from "../../domain/init";
import { isJsonObject, type Json, type JsonObject } from "../../domain/json";
import { listed } from "../../domain/suggest";
import type { ApiDocument, Operation } from "../openapi/api-document";
import type { NotedVariables } from "./noted-variables";

/** How requests prove who asks, as a job says it. */
export interface GuessedAuth {
  readonly auth: Readonly<Record<string, Json>>;
  readonly sureness: Sureness;
  readonly comment: string | null;
}

interface Scheme {
  readonly name: string;
  readonly scheme: JsonObject;
  readonly scopes: readonly string[];
}

/**
 * The way of authenticating that suits a machine best, of those that the operations read accept.
 *
 * @param resolveUrl the document's URLs as the job writes them
 */
export function guessAuth(
  document: ApiDocument,
  operations: readonly Operation[],
  variables: NotedVariables,
  resolveUrl: (url: string) => string,
): GuessedAuth {
  const schemes = schemesFor(document, operations);
  for (const way of WAYS) {
    for (const scheme of schemes) {
      const guessed = way(scheme, variables, resolveUrl);
      if (guessed !== null) return withCompanions(guessed, companionsOf(scheme, document, operations));
    }
  }
  const names = schemes.map(({ name }) => name);
  const comment =
    names.length === 0
      ? "the document does not say how to authenticate: set `auth` when the API asks for it"
      : `the document asks for ${listed(names)}, which is none of the kinds of \`auth\`: look for another way`;
  return { auth: { kind: "none" }, sureness: "guess", comment };
}

/** Schemes that are asked for together with one, wherever that is accepted. */
function companionsOf({ name }: Scheme, document: ApiDocument, operations: readonly Operation[]): readonly string[] {
  const accepted = operations.flatMap((operation) => alternativesOf(document, operation)).map(Object.keys);
  const [first] = accepted.filter((names) => names.includes(name)).sort((a, b) => a.length - b.length);
  return first === undefined ? [] : first.filter((other) => other !== name);
}

function withCompanions(guessed: GuessedAuth, companions: readonly string[]): GuessedAuth {
  if (companions.length === 0) return guessed;
  const also = `the document asks for ${listed(companions)} as well: say it under \`http: { headers: … }\``;
  const comment = guessed.comment === null ? also : `${guessed.comment}; ${also}`;
  return { ...guessed, sureness: "guess", comment };
}

/** Security schemes that the operations name, with their scopes; all of the document's when they name none. */
function schemesFor(document: ApiDocument, operations: readonly Operation[]): readonly Scheme[] {
  const known = document.object(document.object(document.root.components).securitySchemes);
  const scopes = new Map<string, Set<string>>();
  for (const operation of operations) {
    for (const alternative of alternativesOf(document, operation)) {
      for (const [name, needed] of Object.entries(alternative)) {
        const all = scopes.get(name) ?? new Set();
        for (const scope of Array.isArray(needed) ? needed : []) all.add(String(scope));
        scopes.set(name, all);
      }
    }
  }
  const names = scopes.size > 0 ? [...scopes.keys()] : Object.keys(known);
  return names.map((name) => ({ name, scheme: document.object(known[name]), scopes: [...(scopes.get(name) ?? [])] }));
}

/** What an operation accepts: one of these, each of schemes that are all asked for. */
function alternativesOf({ root }: ApiDocument, { details }: Operation): readonly JsonObject[] {
  const asked = Array.isArray(details.security) ? details.security : root.security;
  return Array.isArray(asked) ? asked.filter(isJsonObject) : [];
}

type Way = (scheme: Scheme, variables: NotedVariables, resolveUrl: (url: string) => string) => GuessedAuth | null;

const clientCredentials: Way = ({ scheme, scopes }, variables, resolveUrl) => {
  const flows = isJsonObject(scheme.flows) ? scheme.flows : {};
  const flow = flows.clientCredentials;
  if (scheme.type !== "oauth2" || !isJsonObject(flow)) return null;
  const tokenUrl = typeof flow.tokenUrl === "string" ? flow.tokenUrl : "/token";
  return {
    auth: {
      kind: "oauth2",
      grant: "client-credentials",
      tokenUrl: resolveUrl(tokenUrl),
      clientId: variables.refer("CLIENT_ID", "the OAuth client's id"),
      clientSecret: variables.refer("CLIENT_SECRET", "the OAuth client's secret"),
      ...(scopes.length === 0 ? {} : { scope: scopes.join(" ") }),
    },
    sureness: "sure",
    comment: null,
  };
};

const bearerToken = (variables: NotedVariables, sureness: Sureness, comment: string | null): GuessedAuth => ({
  auth: { kind: "bearer", token: variables.refer("TOKEN", "an access token of the API") },
  sureness,
  comment,
});

const bearer: Way = ({ scheme }, variables) =>
  scheme.type === "http" && /^bearer$/i.test(String(scheme.scheme)) ? bearerToken(variables, "sure", null) : null;

const apiKey: Way = ({ scheme }, variables) => {
  const { type, name } = scheme;
  const place = scheme.in === "query" ? "query" : "header";
  if (type !== "apiKey" || typeof name !== "string" || scheme.in === "cookie") return null;
  const isAuthorization = place === "header" && /^authorization$/i.test(name);
  const prefix = isAuthorization ? schemeWord(scheme) : null;
  if (prefix !== null && /^bearer$/i.test(prefix)) return bearerToken(variables, "likely", null);
  const value = `${prefix === null ? "" : `${prefix} `}${variables.refer("TOKEN", "the API key")}`;
  return {
    auth: { kind: "api-key", ...(place === "query" ? { in: place } : {}), name, value },
    sureness: isAuthorization && prefix === null ? "guess" : "sure",
    comment:
      isAuthorization && prefix === null
        ? "write the scheme before the key if the API wants one, such as Bearer"
        : null,
  };
};

const basic: Way = ({ scheme }, variables) => {
  if (scheme.type !== "http" || !/^basic$/i.test(String(scheme.scheme))) return null;
  const username = variables.refer("USER", "the service account");
  const password = variables.refer("PASSWORD", "the service account's password");
  return { auth: { kind: "basic", username, password }, sureness: "sure", comment: null };
};

/** Flows made for people still end in a bearer token. */
const peoplesToken: Way = ({ scheme }, variables) =>
  scheme.type === "oauth2" || scheme.type === "openIdConnect"
    ? bearerToken(variables, "guess", "the document shows only sign-in by people: a token for a service is needed")
    : null;

const WAYS: readonly Way[] = [clientCredentials, bearer, apiKey, basic, peoplesToken];

/** "prefixed with SSWS: `Authorization: SSWS {API Token}`" -> "SSWS". */
function schemeWord({ description }: JsonObject): string | null {
  const text = typeof description === "string" ? description : "";
  const word = /Authorization["'`]?\s*:\s*["'`]?([A-Za-z]+)\s+[<{[$"'`\w]/.exec(text)?.[1];
  return word ?? (/\bbearer\b/i.test(text) ? "Bearer" : null);
}
