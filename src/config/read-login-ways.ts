import type { LoginPolicy } from "../domain/login";
import type { Entry } from "./entry";
import type { Variables } from "./variables";

/** `password:`, `token:` and `browser:` of `login:`: how the customer's system is asked. */
export function readLoginWays(
  _login: Entry,
  _variables: Variables,
): Pick<LoginPolicy, "password" | "token" | "browser"> {
  return { password: null, token: null, browser: null };
}
