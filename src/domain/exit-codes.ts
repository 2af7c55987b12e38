/** What the command ends with: the table in docs/reference/command-line.md, told to people and scripts. */
export const EXIT = {
  done: 0,
  bug: 1,
  usage: 2,
  /** Also a test of a mapping that fails. */
  files: 3,
  /** The customer's system; also whatever else outside cannot be reached or asked. */
  upstream: 4,
  rejects: 5,
  held: 6,
  busy: 7,
  /** Our own database or queue. */
  store: 8,
  /** A plan that no longer matches, or what is to be undone. */
  drift: 9,
  /** Only with `--exit-code`. */
  changes: 10,
  /** The answer is lost, the work is not. */
  output: 11,
  /** The audit does not say what it said when it was sealed. */
  tampered: 12,
  /** By Ctrl-C; also a run whose own process was. */
  interrupted: 130,
  /** By SIGTERM. */
  terminated: 143,
} as const;
