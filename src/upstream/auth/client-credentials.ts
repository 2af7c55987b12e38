import type { Secret } from "../../domain/secret";
import { basic } from "./authenticate";

interface Client {
  readonly clientId: string;
  readonly clientSecret: Secret | null;
  readonly send: "basic" | "body";
}

/** How a client says who it is (RFC 6749, 2.3.1): in headers of a request with a form, or in the form, which is added to. */
export function clientCredentials(
  { clientId, clientSecret, send }: Client,
  form: URLSearchParams,
): Readonly<Record<string, string>> {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  if (clientSecret !== null && send === "basic") {
    const authorization = basic(formEncoded(clientId), formEncoded(clientSecret.reveal()));
    return { ...headers, authorization };
  }
  form.set("client_id", clientId);
  if (clientSecret !== null) form.set("client_secret", clientSecret.reveal());
  return headers;
}

/** RFC 6749, 2.3.1: id and secret are form-encoded before they become user name and password. */
const formEncoded = (text: string): string => new URLSearchParams({ "": text }).toString().slice(1);
