/** Records of a made-up API, each a function of its number. About 500 bytes of JSON and two roles a user. */

export const ROLE_COUNT = 50;

const FIRST_DAY = Date.UTC(2026, 0, 1);
const DEPARTMENTS = ["Finance", "Operations", "Sales", "Technology"] as const;
const TIMEZONES = ["Europe/Berlin", "America/New_York", "Asia/Tokyo"] as const;

export const syntheticRole = (number: number) => ({
  id: `r${number % ROLE_COUNT}`,
  name: `Role ${number % ROLE_COUNT}`,
});

export const syntheticUser = (number: number) => ({
  id: `u${number}`,
  status: number % 50 === 0 ? "SUSPENDED" : "ACTIVE",
  lastUpdated: new Date(FIRST_DAY + number * 1000).toISOString(),
  validFrom: "2026-01-01",
  profile: {
    login: `User.${number}@corp.example`,
    email: `User.${number}@corp.example`,
    firstName: `First${number % 997}`,
    lastName: `Last${number % 4999}`,
    displayName: number % 3 === 0 ? `First${number % 997} M. Last${number % 4999}` : null,
    phone: `+1 555 ${String(number).padStart(7, "0")}`,
    title: `Grade ${number % 12}`,
    department: DEPARTMENTS[number % DEPARTMENTS.length],
    locale: "en-US",
    timezone: TIMEZONES[number % TIMEZONES.length],
  },
  roles: [syntheticRole(number), syntheticRole(number * 7 + 1)],
});
