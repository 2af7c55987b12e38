import { counted } from "../domain/grouped";
import type { Job, Stream } from "../domain/job";
import { type PasswordCounts, readsPasswords, whyUnusable } from "../domain/passwords";
import type { ApplyRequest } from "../domain/staging";

/**
 * What a run does about passwords: it takes over those that it read, leaves all as they were, or notes that no mapping describes
 * them any more.
 *
 * @param believed streams whose records count
 * @param edited those of them whose mapping was edited
 */
export function passwordsIn(
  { streams }: Pick<Job, "streams">,
  believed: readonly Stream[] = [],
  edited: readonly Stream[] = [],
): ApplyRequest["passwords"] {
  const people = streams.filter(({ into }) => into === "users");
  const describing = people.filter(({ mapping }) => readsPasswords(mapping));
  if (describing.length > 0) return describing.some((stream) => believed.includes(stream)) ? "read" : "as-before";
  return people.length === 0 || people.some((stream) => edited.includes(stream)) ? "undescribed" : "as-before";
}

/**
 * What is to be said of passwords that were read: who had one and no longer has, and whose is not taken over, and why.
 */
export function passwordNotes(
  { gone, unusable }: PasswordCounts,
  { streams }: Pick<Job, "streams">,
): readonly string[] {
  const formats = streams.flatMap(({ mapping }) => mapping.fields.flatMap((rule) => rule.formats ?? []));
  const reasons = (["other-format", "unreadable", "too-costly"] as const)
    .filter((because) => unusable[because] > 0)
    .map((because) => `${people(unusable[because])} whose hash ${whyUnusable(because, formats)}`);
  return [
    ...(gone === 0 ? [] : [`the password of ${people(gone)} is gone upstream: the mirror no longer lets them in`]),
    ...(reasons.length === 0 ? [] : [`MAP062  no password was taken over of ${reasons.join(", of ")}`]),
  ];
}

const people = (count: number): string => counted(count, "person", "people");
