import { createServer } from "node:net";
import { createGuardedConnector, isPublicAddress, type Resolver } from "../../../../src/upstream/http/address-guard";
import { DIRECT } from "../../../../src/upstream/http/outgoing";

const PRIVATE = [
  ["loopback", "127.0.0.1", "127.255.255.254", "::1"],
  ["private", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"],
  ["link-local", "169.254.1.1", "fe80::1", "fe80::1%eth0"],
  ["metadata", "169.254.169.254", "100.100.100.200", "fd00:ec2::254", "168.63.129.16", "192.0.0.192"],
  ["unspecified", "0.0.0.0", "0.1.2.3", "::"],
  ["carrier-grade NAT", "100.64.0.1", "100.127.255.255"],
  ["multicast and broadcast", "224.0.0.1", "255.255.255.255", "ff02::1"],
  ["unique-local and site-local", "fc00::1", "fdff::1", "fec0::1"],
  ["wrapped IPv4", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::7f00:1", "::ffff:0:127.0.0.1"],
  ["6to4, NAT64, Teredo", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2001:0:7f00:1::"],
  ["documentation and reserved", "192.0.2.1", "198.18.0.1", "240.0.0.1", "2001:db8::1", "4000::1"],
  ["nonsense", "", "localhost", "1.2.3.4.5"],
] as const;

/** Spellings that a URL undoes before anybody connects. */
const SPELLINGS = [
  "http://127.1",
  "http://0x7f.0.0.1",
  "http://0x7f000001",
  "http://2130706433",
  "http://017700000001",
  "http://127.000.000.001",
  "http://0",
  "http://①②⑦.0.0.1",
  "http://127。0。0。1",
  "http://%31%32%37.0.0.1",
  "http://[::1]",
  "http://[0:0:0:0:0:0:0:1]",
  "http://[::ffff:7f00:1]",
  "http://[::ffff:127.0.0.1]",
];

const connectorFor = (resolver: Resolver, allowPrivate = false) =>
  createGuardedConnector({ allowPrivate, resolver, tls: DIRECT.tls, timeout: 2_000, file: "jobs/acme.yaml" });

const connect = (connector: ReturnType<typeof connectorFor>, url: string): Promise<unknown> =>
  new Promise((resolve) => {
    const { hostname, host, protocol, port } = new URL(url);
    const bare = hostname.replace(/^\[|\]$/g, "");
    connector({ hostname: bare, host, protocol, port }, (error, socket) => {
      socket?.destroy();
      resolve(error ?? "connected");
    });
  });

const nobody: Resolver = () => Promise.reject(new Error("no name is looked up"));

test.each(PRIVATE.flatMap(([kind, ...addresses]) => addresses.map((address) => [kind, address] as const)))(
  "%s: %s is not public",
  (_kind, address) => {
    expect(isPublicAddress(address)).toBe(false);
  },
);

test.each(["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::1"])(
  "%s is public",
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

test.each(SPELLINGS)("%s is refused before a connection is tried", async (url) => {
  await expect(connect(connectorFor(nobody), url)).resolves.toMatchObject({
    code: "UPS006",
    fix: expect.stringContaining("http: { allowPrivate: true }"),
  });
});

test("a name is refused when any of its addresses is private", async () => {
  const both: Resolver = async () => [
    { address: "8.8.8.8", family: 4 },
    { address: "10.0.0.5", family: 4 },
  ];
  const refused = await connect(connectorFor(both), "http://directory.example");
  expect(refused).toMatchObject({ code: "UPS006", message: expect.stringContaining("10.0.0.5") });
});

test("a name that changes its answer is checked by the lookup the socket connects with", async () => {
  let lookups = 0;
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const flipping: Resolver = async () => {
    lookups += 1;
    return [{ address: "127.0.0.1", family: 4 }];
  };

  await expect(connect(connectorFor(flipping), `http://directory.example:${port}`)).resolves.toMatchObject({
    code: "UPS006",
  });
  expect({ lookups, accepted }).toEqual({ lookups: 1, accepted: 0 });

  await expect(connect(connectorFor(flipping, true), `http://directory.example:${port}`)).resolves.toBe("connected");
  await new Promise((resolve) => server.close(resolve));
});

test("a name without addresses and a failing name service are trouble, not a crash", async () => {
  await expect(
    connect(
      connectorFor(async () => []),
      "http://directory.example",
    ),
  ).resolves.toMatchObject({
    code: "ENOTFOUND",
  });
  const failing: Resolver = () => Promise.reject(Object.assign(new Error("dns"), { code: "EAI_AGAIN" }));
  await expect(connect(connectorFor(failing), "http://directory.example")).resolves.toMatchObject({
    code: "EAI_AGAIN",
  });
});
