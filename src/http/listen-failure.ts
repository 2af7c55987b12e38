import { Failure } from "../domain/errors";

const HOST = "--host or HTTP_HOST";
const PORT = "--port or HTTP_PORT";
const ANOTHER_PORT = `choose another port with ${PORT}; 0 takes any free one`;
const OWN_ADDRESS = `choose one with ${HOST}: 127.0.0.1 for this machine alone, 0.0.0.0 for everybody who reaches it`;

/** Why and what to do, by the system's code. */
const REASONS: Readonly<Record<string, readonly [why: string, fix: string]>> = {
  EADDRINUSE: ["another process listens there", ANOTHER_PORT],
  EACCES: ["this user may not listen at that port", ANOTHER_PORT],
  EPERM: ["this user may not listen at that port", ANOTHER_PORT],
  EADDRNOTAVAIL: ["this machine has no such address", OWN_ADDRESS],
  EAFNOSUPPORT: ["this machine has no addresses of that kind", OWN_ADDRESS],
  // fe80::1 without its interface, for one.
  EINVAL: ["that is not an address to listen at", OWN_ADDRESS],
  ENOTFOUND: ["that name is not known", OWN_ADDRESS],
  EAI_AGAIN: ["that name could not be looked up", OWN_ADDRESS],
};

/** An address that cannot be listened at, as a failure USE007. What did not come from the system is handed back as it is. */
export function listenFailure(error: unknown, host: string, port: number): unknown {
  const { syscall, code } = (error ?? {}) as NodeJS.ErrnoException;
  if (syscall === undefined || code === undefined) return error;
  const [why, fix] = REASONS[code] ?? [`the system answers ${code}`, `choose another with ${HOST} and ${PORT}`];
  return new Failure("USE007", `cannot listen at ${hostAndPort(host, port)}: ${why}`, { fix, cause: error });
}

/** With an IPv6 address in brackets, as a URL has it. */
export const hostAndPort = (host: string, port: number): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;
