/** OAuth 2.0 resource owner password credentials (RFC 6749, 4.3): the token endpoint says whether a password is right. */

import type { JsonObject } from "../../domain/json";
import { isJsonObject } from "../../domain/json";
import type { Credential, LiveOutcome, PasswordWay } from "../../domain/login";
import { isStorable } from "../../domain/storable";
import { clientCredentials } from "../auth/client-credentials";
import type { Answer } from "../http/http-client";
import { readPath } from "../http/places";
import { claimsOf } from "./claims";
import type { LoginClient } from "./login-client";
import { indeterminate, outcomeOfStatus, REFUSED, unavailable } from "./outcomes";
import { readAnswer } from "./read-answer";
import { accepted, type ReadSubject } from "./read-subject";
import { probeAddress, type Way } from "./way";

/** The error codes of RFC 6749, 5.2 that say something. What others say is not known: neither yes nor no. */
const ERRORS: Readonly<Record<string, LiveOutcome>> = {
  invalid_grant: REFUSED,
  invalid_client: unavailable("service-account"),
  unauthorized_client: unavailable("service-account"),
  unsupported_grant_type: unavailable("service-account"),
};

interface PasswordGrantOptions {
  readonly way: Extract<PasswordWay, { kind: "oauth2-password" }>;
  readonly client: LoginClient;
  readonly readSubject: ReadSubject;
}

export const createPasswordGrant = ({ way, client, readSubject }: PasswordGrantOptions): Way => {
  const { http, limits } = client;
  const url = new URL(way.tokenUrl);
  const shown = `the token endpoint ${url.origin}${url.pathname}`;

  const judge = async (answer: Answer, login: string): Promise<LiveOutcome> => {
    const body = readAnswer(answer, shown, limits);
    const { status } = answer;
    if (status < 200 || status >= 300) {
      const error = String(readPath(body, ["error"]));
      return Object.hasOwn(ERRORS, error) ? (ERRORS[error] ?? REFUSED) : indeterminate("unmapped");
    }
    const token = readPath(body, ["access_token"]);
    if (!isJsonObject(body) || typeof token !== "string" || token === "") return indeterminate("nonsense");
    // They came straight from the endpoint, so who signed them does not matter (OpenID Connect Core, 3.1.3.7, 6).
    const claims = claimsOf(readPath(body, ["id_token"])) ?? claimsOf(token);
    const input: JsonObject = { login, body, ...(claims === null ? {} : { claims }) };
    return accepted(readSubject, way.subject, input);
  };

  return {
    async check(credential: Credential, signal): Promise<LiveOutcome> {
      if (credential.kind !== "password") return indeterminate("unmapped");
      const { login, password } = credential;
      if (!isStorable(login) || !isStorable(password)) return REFUSED;
      const form = new URLSearchParams({ grant_type: "password", username: login, password });
      if (way.scope !== null) form.set("scope", way.scope);
      const headers = clientCredentials(way, form);
      const answer = await http.send({ method: "POST", url, shown, headers, body: form.toString() }, signal);
      return outcomeOfStatus(answer) ?? judge(answer, login);
    },
    probe: (signal) => probeAddress(http, { url, shown }, signal),
  };
};
