import { Failure } from "../../domain/errors";
import type { Job } from "../../domain/job";
import type { HttpRequest } from "./http-client";
import { readHeader } from "./places";
import type { Tried } from "./retry";
import { addressOf, type Setting } from "./setting";

/**
 * Lets 2xx pass and throws a `Failure` for every other status. What the body says is never told: error pages repeat
 * what they were sent, personal data included.
 */
export const checkStatus = (
  { answer: { status, headers }, tries, fix: fixOfTries }: Tried,
  { url, shown }: Pick<HttpRequest, "url" | "shown">,
  job: Pick<Job, "file" | "auth">,
  setting: Setting,
): void => {
  const fail = (code: "UPS003" | "UPS004" | "UPS005" | "UPS008" | "UPS009", message: string, fix: string): never => {
    throw new Failure(code, `${shown} ${message}${tries}`, { fix: fixOfTries ?? fix, data: { status } });
  };
  // 202 is a promise of an answer, not one.
  if (status >= 200 && status < 300 && status !== 202) return;
  if (status === 401 || status === 403)
    fail(
      "UPS005",
      `refused our credentials with status ${status}; this is about the job's own account, not about a person`,
      job.auth.kind === "none"
        ? `the job sends no credentials: describe them under \`auth\` in ${job.file}`
        : status === 401
          ? `check \`auth\` in ${job.file} and whether the account has expired`
          : "give the job's account the right to read this",
    );
  if (status === 304)
    fail(
      "UPS009",
      "answered that nothing has changed (status 304), although it was not asked for that",
      "something on the way keeps old answers: ask the upstream's people",
    );
  if (status >= 300 && status < 400)
    fail(
      "UPS008",
      `answered with a redirect (status ${status}) to ${placeOf(readHeader(headers, "location"), url)}, and redirects are not followed`,
      `write the address it leads to into ${addressOf(setting).replace(" and ", " or ")}; a redirect to a login page means wrong credentials`,
    );
  if (status === 429)
    fail(
      "UPS004",
      "limits our requests (status 429)",
      setting === "auth.tokenUrl"
        ? "run it again later, or ask its operators"
        : "lower `http.rate` and `http.concurrency`",
    );
  if (status >= 500)
    fail("UPS003", `answered with status ${status}`, "wait until the customer's system is well, or ask its operators");
  if (status === 404 || status === 410)
    fail("UPS009", `does not exist (status ${status})`, `check ${addressOf(setting)} in ${job.file}`);
  fail(
    "UPS009",
    `answered with status ${status}`,
    `check ${setting === "get" ? "`get`, `query`, `page`" : `\`${setting}\``} and \`http.headers\` in ${job.file}`,
  );
};

/** Where a redirect leads to, without its path and query: they may repeat what was sent. `//host` is another host, too. */
const placeOf = (location: string | undefined, asked: URL): string => {
  if (location === undefined) return "nowhere";
  if (!URL.canParse(location, asked.href)) return "an address that cannot be read";
  const { origin } = new URL(location, asked);
  if (origin === "null") return "an address that is not of HTTP";
  return origin === asked.origin ? "another path of its own" : origin;
};
