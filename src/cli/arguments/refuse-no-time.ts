import { Failure } from "../../domain/errors";

/** An option and the moment that it names, as `givenMoment` gives it; null when it was left out. */
type NamedMoment = readonly [option: string, moment: string | null];

/** @throws Failure USE001 when there is no time between two moments */
export function refuseNoTime([first, from]: NamedMoment, [second, to]: NamedMoment): void {
  if (from === null || to === null || from < to) return;
  throw new Failure("USE001", `there is no time between ${first} ${from} and ${second} ${to}`, {
    fix: `give a ${first} that is before ${second}`,
  });
}
