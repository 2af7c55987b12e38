import { randomUUID } from "node:crypto";
import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { FastifyReply } from "fastify";

export const PROBLEM_TYPE = "application/problem+json";

/** One that a caller or a proxy gave, when it can stand in a log. */
export const requestId = ({ headers }: IncomingMessage): string => {
  const given = headers["x-request-id"];
  return typeof given === "string" && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID();
};

/** What a browser must not make of an answer, and by which name the log knows it. */
export const headersFor = (id: string) => ({
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-request-id": id,
});

/** RFC 9457. `detail` is a fixed sentence, or names a member of the request; never a value, never what is inside. */
interface ProblemAnswer {
  readonly statusCode: number;
  readonly detail?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What went wrong inside is for the log, not for the caller. */
export const BUG: ProblemAnswer = { statusCode: 500, detail: "this is a bug of Understudy; its log knows more" };

export const problemText = ({ statusCode: status, detail }: ProblemAnswer): string =>
  JSON.stringify({ type: "about:blank", title: STATUS_CODES[status] ?? "Error", status, detail });

// As text: a serializer of the route must not touch it.
export const sendProblem = (reply: FastifyReply, problem: ProblemAnswer): FastifyReply =>
  reply
    .code(problem.statusCode)
    .headers(problem.headers ?? {})
    .type(PROBLEM_TYPE)
    .send(problemText(problem));
