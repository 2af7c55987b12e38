import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export interface OpenidProvider {
  readonly issuer: string;
  /** Goes where a browser is sent, signs in as `login`, consents, and gives the address that it is sent back to. */
  signIn(url: string, login: string): Promise<URL>;
  close(): Promise<void>;
}

/** The npm package `oidc-provider`, with the one client `us`. */
export async function startOpenidProvider(): Promise<OpenidProvider> {
  const child = fork(join(__dirname, "openid-provider-process.mjs"), [], { stdio: "ignore" });
  const [{ issuer }] = (await once(child, "message")) as [{ issuer: string }];
  return {
    issuer,
    signIn: (url, login) => signIn(issuer, url, login),
    async close() {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** A browser that fills in whatever form it is shown. */
async function signIn(issuer: string, start: string, login: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let next: { url: URL; form?: URLSearchParams } = { url: new URL(start) };
  for (let steps = 0; steps < 20; steps += 1) {
    const { url, form } = next;
    if (url.origin !== issuer) return url;
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, {
      redirect: "manual",
      headers: { cookie },
      ...(form === undefined ? {} : { method: "POST", body: form }),
    });
    for (const set of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (location !== null) {
      next = { url: new URL(location, url) };
      continue;
    }
    const page = await response.text();
    const action = /action="([^"]+)"/.exec(page)?.[1];
    const prompt = /name="prompt" value="([^"]+)"/.exec(page)?.[1];
    if (action === undefined || prompt === undefined) throw new Error(`no form to fill in: ${page.slice(0, 500)}`);
    next = { url: new URL(action, url), form: new URLSearchParams({ prompt, login, password: "any" }) };
  }
  throw new Error("the sign-in leads nowhere");
}
