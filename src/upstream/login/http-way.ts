/** An endpoint of the customer's own, whose answers are told apart by expressions. */
import type { JsonObject } from "../../domain/json";
import type { Credential, HttpWay, LiveOutcome } from "../../domain/login";
import type { Expression } from "../../domain/mapping";
import type { Answer } from "../http/http-client";
import { withQuery } from "../http/request-url";
import type { LoginClient } from "./login-client";
import { buildLoginRequest, type FilledRequest } from "./login-request";
import { indeterminate, outcomeOfStatus, REFUSED, unavailable } from "./outcomes";
import type { Evaluate } from "./ports";
import { headersOf, readAnswer } from "./read-answer";
import { accepted, type ReadSubject } from "./read-subject";
import { probeAddress, type Way } from "./way";

interface HttpWayOptions {
  readonly way: HttpWay;
  readonly client: LoginClient;
  readonly evaluate: Evaluate;
  readonly readSubject: ReadSubject;
}

export const createHttpWay = ({ way, client, evaluate, readSubject }: HttpWayOptions): Way => {
  const { http, account, job, limits, log } = client;

  const isTrue = async (expression: Expression | null, input: JsonObject): Promise<boolean | "unknown"> => {
    if (expression === null) return false;
    const found = await evaluate(expression, input);
    if ("value" in found) return found.value === true;
    const { source } = job;
    log.warn("an expression of the login could not be worked out", { source, at: expression.at, ...found });
    return "unknown";
  };

  /** Null when none of the expressions knows the answer. */
  const judge = async (answer: Answer, filled: FilledRequest, login: string | null): Promise<LiveOutcome | null> => {
    const body = readAnswer(answer, filled.request.shown, limits);
    const input: JsonObject = {
      status: answer.status,
      headers: headersOf(answer.headers),
      ...(body === undefined ? {} : { body }),
      ...(login === null ? {} : { login }),
    };
    for (const word of ["disabled", "success", "refused"] as const) {
      const found = await isTrue(way[word], input);
      if (found === "unknown") return indeterminate("unmapped");
      if (!found) continue;
      if (word === "refused") return REFUSED;
      if (word === "success") return accepted(readSubject, way.subject, input);
      // An answer to who is disabled there often names nobody, and needs not.
      const subject = await readSubject(way.subject, input, { mayNameNobody: true });
      return { outcome: "disabled", key: subject?.key ?? null };
    }
    return null;
  };

  const send = async (filled: FilledRequest, signal: AbortSignal) => {
    // A login by the header that our own account would use replaces it.
    const own = filled.takesAccount ? await account.credentials(signal) : null;
    const { url, shown } = withQuery(filled.request, own?.query ?? {});
    const headers = { ...own?.headers, ...filled.request.headers };
    return { own, answer: await http.send({ ...filled.request, url, shown, headers }, signal) };
  };

  return {
    async check(credential: Credential, signal): Promise<LiveOutcome> {
      const filled = buildLoginRequest(job, way.request, credential);
      // No real name or token: it cannot even be sent.
      if (filled === null) return REFUSED;
      const login = credential.kind === "password" ? credential.login : null;
      for (let renewed = false; ; renewed = true) {
        const { own, answer } = await send(filled, signal);
        const outcome = outcomeOfStatus(answer) ?? (await judge(answer, filled, login));
        const mayBeOurs = own !== null && job.auth.kind !== "none" && (answer.status === 401 || answer.status === 403);
        // A token of ours that has run out looks like a wrong password, where an expression goes by the status.
        const isOpen = outcome === null || outcome.outcome === "refused";
        if (mayBeOurs && isOpen && !renewed && answer.status === 401 && account.renew(own)) continue;
        if (outcome !== null) return outcome;
        return mayBeOurs ? unavailable("service-account") : indeterminate("unmapped");
      }
    },
    async probe(signal): Promise<void> {
      const filled = buildLoginRequest(job, way.request, null);
      if (filled !== null) await probeAddress(http, filled.request, signal);
    },
  };
};
