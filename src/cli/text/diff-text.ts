import type { AccessChange } from "../../domain/answers";
import type { DiffAnswer, LinkDifference, RecordDifference } from "../../domain/audit";
import type { Change, ChangeKind } from "../../domain/changes";
import type { LinkKind } from "../../domain/entities";
import { plain } from "../../domain/plain";
import { inSections, moment, named } from "./layout";
import { accessLines, changeLines, type Detail } from "./plan-text";
import type { Palette } from "./terminal";

/** Who gained or lost access, then the records, as a plan tells them. */
export function diffText(answer: DiffAnswer, detail: Detail, palette: Palette): string {
  const { source, from, to, records, recordsTotal, links, linksTotal, note } = answer;
  const how = { detail, rest: `understudy audit diff --source ${source} --from ${from} --to ${to} --full` };
  const access = { access: links.map((link) => accessOf(source, link)), accessTotal: linksTotal };
  const changes = { changes: records.map(changeOf), changesTotal: recordsTotal };
  return inSections([
    [`${palette.bold(plain(source))}  from ${moment(from)} to ${moment(to)}`],
    linksTotal > 0
      ? accessLines(access, how, palette)
      : ["nobody gained or lost a role, an organization or a permission"],
    recordsTotal > 0 ? changeLines(changes, how, palette, "records") : ["no record differs"],
    note === null ? [] : [palette.yellow(plain(note))],
  ]);
}

const WHAT: Readonly<Record<LinkKind, AccessChange["what"]>> = {
  user_roles: "role",
  user_orgs: "organization",
  role_permissions: "permission",
};

const accessOf = (source: string, { kind, key, name, related, relatedName, scope, effect }: LinkDifference) =>
  ({
    source,
    subject: kind === "role_permissions" ? "role" : "user",
    user: key,
    name: name ?? key,
    effect: effect === "gained" ? "gains" : "loses",
    what: WHAT[kind],
    target: related,
    targetName: relatedName,
    scope,
    holders: null,
    held: false,
  }) as const;

const KINDS: Readonly<Record<RecordDifference["kind"], ChangeKind>> = {
  created: "create",
  removed: "tombstone",
  restored: "restore",
  changed: "update",
};

const changeOf = ({ entity, key, name, kind, old, new: now }: RecordDifference): Change => ({
  entity,
  key: named(name, key),
  related: null,
  scope: null,
  origin: null,
  kind: KINDS[kind],
  old,
  new: now,
  cause: "upstream",
  held: false,
});
