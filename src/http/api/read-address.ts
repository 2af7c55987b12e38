import type { FastifyInstance } from "fastify";
import { Problem } from "./problems";

/** What is told of an address whose percent-encoding cannot be decoded, in its path or in its query. */
export const ODD_ADDRESS = "the address is not percent-encoded UTF-8; `%` itself is written `%25`";

/** What an address says in its path and query must be storable, as what a body says. Answers 400 for a NUL. */
export function refuseOddAddresses(app: FastifyInstance): void {
  app.addHook("preValidation", async ({ params, query, url, routeOptions }) => {
    // Or a query that cannot be decoded would be taken as it is written. Where none is described, as of what identity providers
    // send along with a browser, it is nobody's mistake.
    if (routeOptions.schema?.querystring !== undefined && !isDecodable(url)) throw new Problem(400, ODD_ADDRESS);
    const said = [params, query].flatMap((part) => Object.values(part ?? {}));
    if (said.some((text) => String(text).includes("\0"))) throw new Problem(400, "the address holds a NUL character");
  });
}

function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}
