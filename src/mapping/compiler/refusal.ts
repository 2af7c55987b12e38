/** A construct that has no translation; it becomes the reason a whole expression is not compiled. */
export class Refusal extends Error {
  readonly construct: string;
  readonly position: number;

  constructor(construct: string, position: number) {
    super(construct);
    this.construct = construct;
    this.position = position;
  }
}
