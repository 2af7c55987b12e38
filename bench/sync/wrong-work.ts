/** A contender did something else than what was to be measured: there is no result. */
export class WrongWork extends Error {}
