/**
 * Records as a directory's API sends them, each a function of its number: some properties are missing here and there, lists
 * hold none, one or many, and the order of properties is not always the same, so that no shape of object is the only one.
 */
export function directoryUser(number: number): unknown {
  const user = {
    id: `u${100000 + number}`,
    status: STATUSES[number % STATUSES.length],
    created: "2024-03-01T08:00:00.000Z",
    lastUpdated: new Date(FIRST_DAY + number * 61_000).toISOString(),
    ...(number % 3 === 0 ? { type: { id: "default" } } : {}),
    profile: profileOf(number),
    groups: groupsOf(number),
    ...(number % 11 === 0 ? {} : { roles: rolesOf(number) }),
    _links: { self: { href: `https://directory.example/api/v1/users/u${100000 + number}` } },
  };
  const entries = Object.entries(user);
  return JSON.parse(JSON.stringify(number % 5 === 0 ? Object.fromEntries(entries.reverse()) : user));
}

const FIRST_DAY = Date.UTC(2026, 0, 1);
const STATUSES = ["ACTIVE", "ACTIVE", "ACTIVE", "SUSPENDED", "ACTIVE", "DEPROVISIONED", "ACTIVE", "STAGED"];
const DEPARTMENTS = ["Finance", "Operations", "Sales", "Technology"];
const TIMEZONES = ["Europe/Berlin", "America/New_York", "Asia/Tokyo"];

const profileOf = (number: number) => ({
  login: number % 10 === 0 ? ` User.${number}@Corp.Example ` : `user.${number}@corp.example`,
  email: `User.${number}@corp.example`,
  ...(number % 7 === 0 ? {} : { firstName: `First${number % 997}` }),
  lastName: `Last${number % 4999}`,
  ...(number % 3 === 0 ? { displayName: `First${number % 997} M. Last${number % 4999}` } : {}),
  ...(number % 2 === 0 ? { mobilePhone: `+1 555 ${String(number).padStart(7, "0")}` } : {}),
  ...(number % 5 === 0 ? { primaryPhone: `+1 556 ${String(number).padStart(7, "0")}` } : {}),
  ...(number % 6 === 0 ? {} : { title: `Grade ${number % 12}${number % 9 === 0 ? " " : ""}` }),
  department: DEPARTMENTS[number % DEPARTMENTS.length],
  locale: "en-US",
  timezone: TIMEZONES[number % TIMEZONES.length],
});

const groupsOf = (number: number) =>
  Array.from({ length: number % 5 }, (_, index) => ({
    id: `g${(number + index) % 40}`,
    type: (number + index) % 2 === 0 ? "org" : "team",
    name: `Group ${(number + index) % 40}`,
  }));

const rolesOf = (number: number) =>
  Array.from({ length: 1 + (number % 3) }, (_, index) => ({ id: `r${(number * 7 + index) % 50}`, name: "Role" }));
