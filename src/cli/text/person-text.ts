import type { PersonAnswer } from "../../domain/answers";
import { plain } from "../../domain/plain";
import { columns, indented, moment, named } from "./layout";
import type { Palette } from "./terminal";

/** Who it is, what they may do, where they belong, and how fresh that is. */
export function personText(person: PersonAnswer, palette: Palette): string {
  const { source, key, username, status, tombstonedAt, values, attributes, asOf } = person;
  const name = typeof values.display_name === "string" ? values.display_name : username;
  const state = tombstonedAt === null ? status : `gone since ${moment(tombstonedAt)}`;
  const facts = Object.entries({ ...values, ...attributes })
    .filter(([field, value]) => value !== null && !["display_name", "username", "status"].includes(field))
    .map(([field, value]) => [field, typeof value === "string" ? value : JSON.stringify(value)]);
  return [
    `${palette.bold(plain(name))}  ${status === "active" && tombstonedAt === null ? palette.green(state) : palette.yellow(state)}`,
    ...indented(columns([["user", `${source}/${key}`], ["username", username], ...facts])),
    ...section(
      "roles",
      person.roles.map((role) => [
        named(role.name, role.key),
        `${role.org === null ? "" : `in ${role.org}, `}from ${role.origin}`,
      ]),
    ),
    ...section(
      "permissions",
      person.permissions.map((permission) => [
        named(permission.name, permission.key),
        `via ${permission.via.join(", ")}`,
      ]),
    ),
    ...section(
      "organizations",
      person.organizations.map((org) => [org.path.length === 0 ? named(org.name, org.key) : org.path.join(" / ")]),
    ),
    palette.dim(
      asOf === null
        ? `${source} was never read completely`
        : `as of ${moment(asOf)}, when ${source} was last read completely`,
    ),
  ].join("\n");
}

const section = (title: string, rows: readonly (readonly string[])[]): readonly string[] => [
  title,
  ...indented(rows.length === 0 ? ["none"] : columns(rows)),
];
