/**
 * Keeps requests away from the network we stand in: what a name resolves to is checked by the very lookup the socket
 * connects with, so a name that changes its answer between check and use gains nothing.
 */
import { lookup as resolve } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";
import { buildConnector } from "undici";
import { Failure } from "../../domain/errors";
import { ConnectError } from "./connect-error";
import type { Outgoing } from "./outgoing";

interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a host name. */
export type Resolver = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export const systemResolver: Resolver = (hostname) => resolve(hostname, { all: true });

/** Answers credentials to anybody who asks from inside Azure, and stands in no private range. */
const METADATA = new Set(["168.63.129.16"]);

/** Where public IPv6 addresses are; outside are, among others, the forms that wrap an IPv4 address, but for 6to4 and Teredo. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");

/** Whether an address is out in the public internet. Whatever cannot be read is not. */
export const isPublicAddress = (address: string): boolean => {
  if (!ipaddr.isValid(address) || METADATA.has(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast") return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_UNICAST);
};

interface Guard {
  readonly allowPrivate: boolean;
  readonly resolver: Resolver;
  readonly tls: Outgoing["tls"];
  /** Milliseconds for lookup, TCP and TLS together. */
  readonly timeout: number;
  /** The job file, for the fix. */
  readonly file: string;
}

/** Connects for undici. A refused address is the `Failure` UPS006, everything else that keeps it from connecting a `ConnectError`. */
export const createGuardedConnector = (guard: Guard): buildConnector.connector => {
  const { allowPrivate, resolver, tls, timeout, file } = guard;
  const refuse = (hostname: string, address: string): Failure =>
    new Failure(
      "UPS006",
      `\`${hostname}\` ${hostname === address ? "is" : `resolves to ${address},`} an address that is not public, so it was not connected to`,
      {
        fix: `if the customer's system is meant to be reached there, write \`http: { allowPrivate: true }\` in ${file}`,
      },
    );

  const lookup: LookupFunction = (hostname, options, callback) => {
    resolver(hostname).then(
      (addresses) => {
        const refused = allowPrivate ? undefined : addresses.find(({ address }) => !isPublicAddress(address));
        const [first] = addresses;
        if (refused) callback(refuse(hostname, refused.address), "");
        else if (!first) callback(Object.assign(new Error("no address"), { code: "ENOTFOUND" }), "");
        else if (options.all) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ""),
    );
  };

  const connect = buildConnector({ ...tls, timeout, lookup });
  return (options, callback) => {
    // A literal address is connected to without a lookup. The URL parser has already undone its other spellings.
    if (!allowPrivate && isIP(options.hostname) !== 0 && !isPublicAddress(options.hostname))
      callback(refuse(options.hostname, options.hostname), null);
    else
      connect(options, (...[error, socket]) => {
        if (error === null) callback(null, socket);
        else callback(error instanceof Failure ? error : new ConnectError(error), null);
      });
  };
};
