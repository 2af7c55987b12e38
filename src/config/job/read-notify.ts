import { createHash } from "node:crypto";
import { type NotifyTarget, TOLD_STATES, type ToldState } from "../../domain/notify";
import { Secret } from "../../domain/secret";
import { webhookKey } from "../../domain/webhook-key";
import type { Variables } from "../variables";
import { WEB, whyNoUrl } from "../why-no-url";
import type { Entry } from "../yaml/entry";

/** Told unless something else is said: what is wrong, and that it is well again. */
const USUALLY: readonly ToldState[] = ["fresh", "held", "stale", "late"];

/** `notify:` of a job file. */
export function readNotify(entry: Entry | null, variables: Variables): readonly NotifyTarget[] {
  return (entry?.items() ?? []).flatMap((target): readonly NotifyTarget[] => {
    const [webhook, email] = [target.get("webhook"), target.get("email")];
    const on = readStates(target.get("on"));
    if ((webhook === null) === (email === null)) {
      const message = "a target is told by one way: `webhook` or `email`";
      target.report({ message, hint: webhook === null ? "say which" : "write two targets" });
      return [];
    }
    if (webhook !== null) {
      const id = fingerprint("webhook", webhook.written() ?? "");
      const signed = target.get("secret");
      return [
        {
          kind: "webhook",
          id,
          on,
          url: readWebhookUrl(webhook, variables),
          secret: signed === null ? null : readWebhookSecret(signed, variables),
          allowPrivate: target.get("allowPrivate")?.boolean() ?? false,
        },
      ];
    }
    for (const name of ["secret", "allowPrivate"])
      target.get(name)?.report({ message: `\`${name}\` is a word of webhooks`, hint: "remove it", atKey: true });
    const addresses = email?.isList === true ? email.items() : email === null ? [] : [email];
    return addresses.map((address) => ({
      kind: "email",
      id: fingerprint("email", address.written() ?? ""),
      on,
      to: readAddress(address, variables),
    }));
  });
}

/** An address that lets in anybody who knows it is a secret as a whole, so its value stands in no message. */
function readWebhookUrl(entry: Entry, variables: Variables): Secret {
  const url = variables.text(entry);
  if (url.includes("${")) return new Secret(url);
  const wrong = whyNoUrl(url, WEB);
  if (wrong !== null) entry.report({ message: `\`webhook\` ${wrong.why}`, hint: wrong.hint });
  else if (new URL(url).username !== "" || new URL(url).password !== "")
    entry.report({ code: "CFG007", message: "`webhook` holds a user or password", hint: "sign with `secret` instead" });
  return new Secret(url);
}

/** One that is not known yet is judged when it is. */
function readWebhookSecret(entry: Entry, variables: Variables): Secret {
  const secret = variables.secret(entry);
  if (!secret.reveal().includes("${") && webhookKey(secret.reveal()) === null)
    entry.report({
      message: "`secret` begins with `whsec_`, and what follows is not base64 of 24 bytes or more",
      hint: "make one: `openssl rand -base64 24`, behind `whsec_`",
    });
  return secret;
}

/** One address, and nothing that a mail header could take for more. */
function readAddress(entry: Entry, variables: Variables): string {
  const address = variables.text(entry).trim();
  if (!address.includes("${") && !/^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+$/.test(address))
    entry.report({ message: `\`${entry.written()}\` is not an e-mail address`, hint: "e.g. `ops@example.com`" });
  return address;
}

function readStates(entry: Entry | null): readonly ToldState[] {
  if (entry === null) return USUALLY;
  return TOLD_STATES.filter((state) => entry.items().some((item) => item.text() === state));
}

const fingerprint = (kind: NotifyTarget["kind"], written: string): string =>
  createHash("sha256")
    .update(JSON.stringify([kind, written]))
    .digest("hex")
    .slice(0, 32);
