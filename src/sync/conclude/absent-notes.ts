import { counted } from "../../domain/grouped";
import { sharedKeyset } from "../../domain/shared-keyset";
import type { Waiting } from "../confirm-absences";

/**
 * What is to be said of records that are absent: until what they stay, what keeps the second witness from telling, and who goes
 * although the customer's system still has them.
 */
export function absentNotes(waiting: ReadonlyMap<string, Waiting>): readonly string[] {
  return [...waiting].flatMap(([entity, told]) => [
    ...(told.unreadable
      ? [
          `\`one\` of \`${told.stream.name}\` answers without a key that can be read, so it confirms nothing: check \`one.records\``,
        ]
      : []),
    ...(told.disabled === 0
      ? []
      : [
          `${counted(told.disabled, "person", "people")} left out by the list, and disabled when read alone: gone, as if \`one\` did not find them`,
        ]),
    ...waitingNotes(entity, told),
  ]);
}

function waitingNotes(entity: string, { stream, count, again, doubt }: Waiting): readonly string[] {
  const first = count - again;
  // Whatever comes of a second run, it would not be enough.
  if (doubt === "keyset")
    return count === 0
      ? []
      : [
          `${count} ${entity} absent, and kept until \`one\` finds them gone: \`${sharedKeyset(stream)}\`, by which their list is paged, is not their key`,
        ];
  return [
    ...(first === 0
      ? []
      : [`${first} ${entity} absent for the first time; removed when a second complete run misses them too`]),
    ...(again === 0
      ? []
      : [
          doubt === "parents"
            ? `${again} ${entity} absent again, and kept until it is decided which \`${stream.each}\` are gone`
            : `${again} ${entity} absent again, from a list read in two pieces; removed when one read in one piece misses them too`,
        ]),
  ];
}

/** @param count people who are told as disabled, and are in no list since they went for being absent from it */
export const stillGoneNotes = (count: number): readonly string[] =>
  count === 0
    ? []
    : [
        `${counted(count, "person", "people")} gone before, told as disabled: not back until a list names them, or they are not disabled`,
      ];
