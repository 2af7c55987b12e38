import type { FastifyInstance } from "fastify";
import { Problem } from "./problems";

/** What an address says in its path and query must be storable, as what a body says. Answers 400 for a NUL. */
export function refuseOddAddresses(app: FastifyInstance): void {
  app.addHook("preValidation", async ({ params, query }) => {
    const said = [params, query].flatMap((part) => Object.values(part ?? {}));
    if (said.some((text) => String(text).includes("\0"))) throw new Problem(400, "the address holds a NUL character");
  });
}
