/** Any token, by asking who issued it (RFC 7662). */
import { isJsonObject } from "../../domain/json";
import type { Credential, LiveOutcome, TokenWay } from "../../domain/login";
import { isStorable } from "../../domain/storable";
import { clientCredentials } from "../auth/client-credentials";
import type { Answer } from "../http/http-client";
import { readPath } from "../http/places";
import type { LoginClient } from "./login-client";
import { ABOUT_US, indeterminate, outcomeOfStatus, REFUSED, unavailable } from "./outcomes";
import { readAnswer } from "./read-answer";
import { accepted, type ReadSubject } from "./read-subject";
import { CLOCK_TOLERANCE } from "./verify-token";
import { probeAddress, type Way } from "./way";

interface IntrospectionOptions {
  readonly way: Extract<TokenWay, { kind: "introspection" }>;
  readonly client: LoginClient;
  readonly readSubject: ReadSubject;
}

export const createIntrospectionWay = ({ way, client, readSubject }: IntrospectionOptions): Way => {
  const { http, limits } = client;
  const url = new URL(way.url);
  const shown = `the introspection endpoint ${url.origin}${url.pathname}`;

  const judge = async (answer: Answer): Promise<LiveOutcome> => {
    // The endpoint is asked with our account alone, so who is refused is we (RFC 7662, 2.3).
    if (answer.status === 401 || answer.status === 403) return unavailable("service-account");
    const body = readAnswer(answer, shown, limits);
    if (answer.status !== 200)
      return ABOUT_US.includes(String(readPath(body, ["error"])))
        ? unavailable("service-account")
        : indeterminate("unmapped");
    if (!isJsonObject(body) || typeof body.active !== "boolean") return indeterminate("nonsense");
    if (!body.active || isOver(body.exp, client.now())) return REFUSED;
    return accepted(readSubject, way.subject, body);
  };

  return {
    async check(credential: Credential, signal): Promise<LiveOutcome> {
      if (credential.kind !== "token") return indeterminate("unmapped");
      if (!isStorable(credential.token)) return REFUSED;
      const form = new URLSearchParams({ token: credential.token });
      const headers = clientCredentials(way, form);
      const answer = await http.send({ method: "POST", url, shown, headers, body: form.toString() }, signal);
      return outcomeOfStatus(answer) ?? judge(answer);
    },
    probe: (signal) => probeAddress(http, { url, shown }, signal),
  };
};

const isOver = (exp: unknown, now: number): boolean => typeof exp === "number" && (exp + CLOCK_TOLERANCE) * 1000 <= now;
