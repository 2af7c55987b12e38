/** Records of a made-up API, each a function of its number. About 500 bytes of JSON and two roles a user. */

export const ROLE_COUNT = 50;

/**
 * What the API shows. `all`: every user. `left`: without the 0.5 % who are gone. `changed`: the same, with 1 % whose title
 * is another one.
 */
export type State = "all" | "left" | "changed";

const FIRST_DAY = Date.UTC(2026, 0, 1);
const NEXT_DAY = Date.UTC(2026, 8, 1);
const DEPARTMENTS = ["Finance", "Operations", "Sales", "Technology"] as const;
const TIMEZONES = ["Europe/Berlin", "America/New_York", "Asia/Tokyo"] as const;

/** Evenly spread, so that every page is another one. */
const leaves = (number: number): boolean => number % 200 === 7;
const changes = (number: number): boolean => number % 100 === 3;

const numbersUpTo = (users: number): number[] => Array.from({ length: users }, (_, index) => index + 1);

/** How many of the first so many users differ between the states. */
export const countDelta = (users: number): { readonly gone: number; readonly changed: number } => {
  const numbers = numbersUpTo(users);
  return { gone: numbers.filter(leaves).length, changed: numbers.filter(changes).length };
};

/** The numbers of those whom the API shows, from 1. */
export const numbersIn = (state: State, users: number): readonly number[] => {
  const numbers = numbersUpTo(users);
  return state === "all" ? numbers : numbers.filter((number) => !leaves(number));
};

export const syntheticRole = (number: number) => ({
  id: `r${number % ROLE_COUNT}`,
  name: `Role ${number % ROLE_COUNT}`,
});

export const syntheticUser = (number: number, state: State) => {
  const isChanged = state === "changed" && changes(number);
  return {
    id: `u${number}`,
    status: number % 50 === 0 ? "SUSPENDED" : "ACTIVE",
    lastUpdated: new Date((isChanged ? NEXT_DAY : FIRST_DAY) + number * 1000).toISOString(),
    validFrom: "2026-01-01",
    profile: {
      login: `User.${number}@corp.example`,
      email: `User.${number}@corp.example`,
      firstName: `First${number % 997}`,
      lastName: `Last${number % 4999}`,
      displayName: number % 3 === 0 ? `First${number % 997} M. Last${number % 4999}` : null,
      phone: `+1 555 ${String(number).padStart(7, "0")}`,
      title: isChanged ? `Senior grade ${number % 12}` : `Grade ${number % 12}`,
      department: DEPARTMENTS[number % DEPARTMENTS.length],
      locale: "en-US",
      timezone: TIMEZONES[number % TIMEZONES.length],
    },
    roles: [syntheticRole(number), syntheticRole(number * 7 + 1)],
  };
};
