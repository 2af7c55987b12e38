import type { DoctorCheck } from "../../domain/answers";
import { Failure } from "../../domain/errors";
import { moment } from "../../domain/moment";
import { staysUntil } from "../../login/tokens/plan-keys";
import { openerAmong, SEALS_KEYS } from "../../login/tokens/sealed-by";
import { asDatabaseFailure } from "../../mirror/database-failure";
import type { Adapters } from "../open/adapters";

/** Only while there is something to say: keys that are still believed though no pepper here opens them. */
export async function checkSigningKeys({
  environment,
  stores,
  knownPeppers,
}: Pick<Adapters, "environment" | "stores" | "knownPeppers">): Promise<readonly DoctorCheck[]> {
  const name = "signing key";
  const sessions = environment.settings.sessionHours * 3_600_000;
  try {
    const keys = await (await stores()).signingKeys.list();
    if (keys.length === 0) return [];
    const peppers = await knownPeppers();
    const openerOf = openerAmong(peppers.map((pepper) => pepper.derive(SEALS_KEYS)));
    return keys
      .filter((key) => openerOf(key) === null)
      .map((key) => {
        const until = moment(new Date(staysUntil(key, sessions)).toISOString());
        return {
          name,
          state: "warning",
          message: `no pepper here opens ${key.kid}: tokens that it signed are believed until ${until}`,
          fix: "set the pepper it was made with (LOGIN_PEPPER_PREVIOUS), as on the machines that answer logins",
        };
      });
  } catch (error) {
    const failure = asDatabaseFailure(error);
    if (!(failure instanceof Failure)) throw failure;
    // An auditor may not read them.
    return failure.code === "DB012" ? [] : [{ name, state: "error", message: failure.message, fix: failure.fix }];
  }
}
