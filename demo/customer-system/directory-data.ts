/**
 * Acme's directory on its first day: 2,000 people, 60 organizations in a tree, 40 roles, 120 permissions.
 * Every record is a function of its number, so each start gives the same directory.
 */

interface Organization {
  readonly id: string;
  readonly name: string;
  readonly kind: "company" | "division" | "department" | "team";
  readonly parentId: string | null;
  readonly open: boolean;
}

interface Permission {
  readonly id: string;
  readonly resource: string;
  readonly action: string;
  readonly description: string;
}

export interface Role {
  readonly id: string;
  readonly title: string;
  readonly description: string | null;
  readonly critical: boolean;
}

export interface User {
  readonly id: string;
  readonly login: string;
  readonly state: "ACTIVE" | "SUSPENDED" | "ENDED";
  readonly profile: {
    readonly firstName: string;
    readonly lastName: string;
    readonly displayName: string | null;
    readonly email: string | null;
    readonly phone: string | null;
    readonly title: string;
    readonly locale: string;
    readonly timezone: string;
  };
  readonly teamId: string;
  readonly roles: readonly { readonly id: string; readonly title: string }[];
  readonly employment: { readonly since: string; readonly until: string | null; readonly costCenter: number };
  readonly updatedAt: string;
}

export interface DirectoryData {
  readonly organizations: readonly Organization[];
  readonly permissions: readonly Permission[];
  readonly roles: readonly Role[];
  /** Permission ids by role id. */
  readonly allows: ReadonlyMap<string, readonly string[]>;
  readonly users: readonly User[];
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

const FIRST_NAMES = words(`
  Ada Aiko Amara Anton Asha Ben Bruno Carla Chidi Clara Dana Daniel Deniz Elif Emil Erik Esra Eva Farid Finn
  Greta Hana Hugo Ida Ines Ivan Jana Jonas Kaya Kofi Lea Leon Lina Malik Mara Mateo Mila Milan Nadia Nils
  Noor Olga Omar Paul Petra Rosa Samir Sofia Tomas Zoe`);

const LAST_NAMES = words(`
  Abara Adler Baker Berg Castro Cohen Dahl Demir Duarte Eder Falk Ferrari Fuchs Garcia Hansen Haddad Horvat Ito
  Jansen Kaplan Keller Kowalski Kruse Larsen Lindqvist Marino Mensah Moreau Nguyen Novak Okafor Olsen Patel Petrov
  Quist Rossi Sato Silva Tanaka Weber`);

const DIVISIONS = words("Operations Finance Sales Technology");
const DEPARTMENTS = words("Rail Harbour Depots Ledger Payroll Retail Freight Tenders Platform Field Security");
const TEAMS = words("Red Amber Green Blue");

const RESOURCES = words(`
  invoice payment ledger contract tender order shipment depot vehicle timetable
  customer ticket refund price report employee payslip device account incident`);
const ACTIONS = words("read create update delete approve export");

const LEVELS = [
  { name: "clerk", title: "Clerk", actions: words("read create update"), critical: false },
  { name: "controller", title: "Controller", actions: ACTIONS, critical: true },
] as const;

const PLACES = [
  { locale: "de-DE", timezone: "Europe/Berlin" },
  { locale: "en-GB", timezone: "Europe/London" },
  { locale: "fr-FR", timezone: "Europe/Paris" },
  { locale: "pt-BR", timezone: "America/Sao_Paulo" },
] as const;

const FIRST_DAY = Date.UTC(2026, 0, 5);
const DAY = 86_400_000;

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
const numbered = (prefix: string, number: number, digits: number): string =>
  `${prefix}-${String(number).padStart(digits, "0")}`;

/** Entry `number` of a list that goes round. */
const pick = <T>(list: readonly T[], number: number): T => {
  const entry = list[number % list.length];
  if (entry === undefined) throw new RangeError("cannot pick from an empty list");
  return entry;
};

/** One company, 4 divisions, 11 departments, 4 teams in each department. */
const organizations = (): Organization[] => {
  const all: Organization[] = [];
  const add = (name: string, kind: Organization["kind"], parentId: string | null): string => {
    const id = numbered("org", all.length + 1, 2);
    all.push({ id, name, kind, parentId, open: true });
    return id;
  };
  const company = add("Acme", "company", null);
  const divisions = DIVISIONS.map((name) => add(name, "division", company));
  const departments = DEPARTMENTS.map((name, number) => ({
    name,
    id: add(name, "department", pick(divisions, number)),
  }));
  for (const { name, id } of departments) {
    for (const team of TEAMS) add(`${name} ${team}`, "team", id);
  }
  return all;
};

const permissions = (): Permission[] =>
  RESOURCES.flatMap((resource) =>
    ACTIONS.map((action) => ({
      id: `${resource}:${action}`,
      resource,
      action,
      description: `${capital(action)} any ${resource}`,
    })),
  );

/** A clerk and a controller for every resource; both may read the next resource in the list as well. */
const rolesAndPermissions = (): { roles: Role[]; allows: Map<string, readonly string[]> } => {
  const roles: Role[] = [];
  const allows = new Map<string, readonly string[]>();
  RESOURCES.forEach((resource, number) => {
    for (const level of LEVELS) {
      const id = `${resource}-${level.name}`;
      roles.push({
        id,
        title: `${capital(resource)} ${level.title}`,
        description: level.critical ? `Answers for every ${resource}` : null,
        critical: level.critical,
      });
      allows.set(id, [
        ...level.actions.map((action) => `${resource}:${action}`),
        `${pick(RESOURCES, number + 1)}:read`,
      ]);
    }
  });
  return { roles, allows };
};

const plain = (name: string): string => name.toLowerCase();

/** Person `number`; every pair of names is met once, so logins are unique for the first 2,000. */
export const makeUser = (
  number: number,
  names: { readonly firstName: string; readonly lastName: string },
  teamId: string,
  roles: readonly Role[],
): User => {
  const login = `${plain(names.firstName)}.${plain(names.lastName)}`;
  return {
    id: numbered("p", number, 4),
    login,
    state: number % 97 === 0 ? "SUSPENDED" : "ACTIVE",
    profile: {
      ...names,
      displayName: number % 11 === 0 ? `Dr. ${names.firstName} ${names.lastName}` : null,
      // Mixed case and gaps on purpose: real directories have them, mappings tidy them.
      email: number % 40 === 0 ? null : `${names.firstName}.${names.lastName}@acme.example`,
      phone: number % 3 === 0 ? null : `+49 30 5550 ${String(number).padStart(4, "0")}`,
      title: roles[0]?.title ?? "Staff",
      ...pick(PLACES, number),
    },
    teamId,
    roles: roles.map(({ id, title }) => ({ id, title })),
    employment: {
      since: new Date(FIRST_DAY - (number % 3650) * DAY).toISOString().slice(0, 10),
      until: null,
      costCenter: 4000 + (number % 60),
    },
    updatedAt: new Date(FIRST_DAY + number * 60_000).toISOString(),
  };
};

/** Everybody is a clerk somewhere; every fifth person is a controller elsewhere too. */
const rolesOf = (number: number, roles: readonly Role[]): readonly Role[] =>
  number % 5 === 0 ? [pick(roles, number * 2), pick(roles, number * 2 + 7)] : [pick(roles, number * 2)];

export const directoryData = (): DirectoryData => {
  const all = organizations();
  const teams = all.filter(({ kind }) => kind === "team");
  const { roles, allows } = rolesAndPermissions();
  const users = LAST_NAMES.flatMap((lastName, row) =>
    FIRST_NAMES.map((firstName, column) => {
      const number = row * FIRST_NAMES.length + column + 1;
      return makeUser(number, { firstName, lastName }, pick(teams, number).id, rolesOf(number, roles));
    }),
  );
  return { organizations: all, permissions: permissions(), roles, allows, users };
};
