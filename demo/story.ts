import { type CustomerSystem, passwordOf } from "./customer-system/customer-system";
import type { Directory } from "./customer-system/directory";

/** One command of the story, and what must come of it. */
export interface Step {
  /** One line before the command: what happened, or what to look at. */
  readonly narration: string;
  /** What happens at Acme beforehand. */
  readonly before?: (acme: CustomerSystem) => void | Promise<void>;
  /** Arguments of `understudy`; `{plan}` is the id of the last plan shown. */
  readonly command: readonly string[];
  /** What is typed where a password is asked for. */
  readonly password?: string;
  /** Of a long answer only so many lines are shown; it is all there for `tells`. */
  readonly shows?: number;
  readonly exitCode: number;
  /** Facts the output must tell. */
  readonly tells: readonly RegExp[];
}

const dayAtAcme = (directory: Directory): void => {
  directory.hire({ firstName: "Nova", lastName: "Brandt", teamId: "org-20", roleIds: ["depot-clerk"] });
  directory.move("p-0012", "org-21");
  directory.leave("p-0033");
  directory.revoke("p-0005", "vehicle-controller");
  directory.suspend("p-0008");
};

/** The logins of two people; p-0033 leaves during the day. */
const [CLARA, LEAVER] = ["clara.abara", "lina.abara"];

/** Nothing new, changed, gone, granted or revoked. */
const NO_CHANGE = /^(?!.*\b(new|changed|gone|granted|revoked) \d).*same 2,000/s;
const NOBODY_LOST = /mirror +2,000 += +2,000/;

export const STORY: readonly Step[] = [
  {
    narration: "The first sync. Everybody is new.",
    command: ["sync", "acme"],
    exitCode: 0,
    tells: [/new 2,000/, /new 60/, /new 40/, /new 120/],
  },
  {
    narration: "A second one, and nothing has changed at Acme: no row is written.",
    command: ["sync", "acme"],
    exitCode: 0,
    tells: [/same 2,000/],
  },
  {
    narration: "In the morning somebody signs in: Acme is asked, and says yes.",
    command: ["verify", "acme", LEAVER],
    password: passwordOf(LEAVER),
    exitCode: 0,
    tells: [/customer's system +accepted/, /let in by the customer's system/],
  },
  {
    narration:
      "A day at Acme: one joins, one moves, one leaves, one loses a role, one is suspended. What would a sync do?",
    before: ({ directory }) => dayAtAcme(directory),
    command: ["plan", "acme"],
    exitCode: 0,
    tells: [/Nova Brandt.*\n +\+ gains sign-in/, /- loses role Vehicle Controller/, /new 1 .* changed 3 /, /gone 1 /],
  },
  {
    narration: "That, and exactly that, please.",
    command: ["sync", "acme", "--plan", "{plan}"],
    exitCode: 0,
    tells: [/new 1 .* changed 3 /, /gone 1 /],
  },
  {
    narration: "What happened to the one who lost a role, and when?",
    command: ["audit", "user", "acme/p-0005"],
    exitCode: 0,
    tells: [/grant .* vehicle-controller .* run 1/, /revoke .* vehicle-controller .* run 4/],
  },
  {
    narration: "And who may still control vehicles, since when, and through whom?",
    command: ["audit", "who", "vehicle-controller", "--source", "acme"],
    shows: 6,
    exitCode: 0,
    tells: [/^Vehicle Controller \(vehicle-controller\) of acme +held by 99 people/, /^(?!.*p-0005)/s],
  },
  {
    narration: "A broken deployment at Acme: the list of users is empty, with status 200. Nobody is removed.",
    before: (acme) => acme.answerEmpty(true),
    command: ["sync", "acme"],
    exitCode: 6,
    tells: [/2,000 changes held/, NOBODY_LOST],
  },
  {
    narration: "What waits for a person, and why.",
    command: ["hold", "list"],
    exitCode: 0,
    tells: [/run 5 +acme +2,000 changes/, /hold release 5 --expect 2000/],
  },
  {
    narration: "Acme repaired it. The next sync finds everybody where they were.",
    before: (acme) => acme.answerEmpty(false),
    command: ["sync", "acme"],
    exitCode: 0,
    tells: [NO_CHANGE],
  },
  {
    narration: "Clara signs in, and Acme is asked.",
    command: ["verify", "acme", CLARA],
    password: passwordOf(CLARA),
    exitCode: 0,
    tells: [/let in by the customer's system/, /Clara Abara/],
  },
  {
    narration: "Now Acme is switched off.",
    before: (acme) => acme.close(),
    command: ["sync", "acme"],
    exitCode: 4,
    tells: [/nothing was removed/, NOBODY_LOST],
  },
  {
    narration: "The understudy still knows: who is it, what may they do, where do they belong?",
    command: ["show", "user:acme/p-0010"],
    exitCode: 0,
    tells: [/Clara Abara +active/, /Price Controller/, /price:approve/, /Acme \/ Sales \/ Depots/],
  },
  {
    narration: "And it says plainly how fresh that is.",
    command: ["status"],
    exitCode: 0,
    tells: [/stale +`acme` is out of date.*no scheduler was ever seen/],
  },
  {
    narration: "Clara signs in all the same: the understudy steps in, and says how old its word is.",
    command: ["verify", "acme", CLARA],
    password: passwordOf(CLARA),
    exitCode: 0,
    tells: [/customer's system +unavailable/, /let in by the mirror as of .* old/, /Clara Abara/, /Price Controller/],
  },
  {
    narration: "By the right password alone.",
    command: ["verify", "acme", CLARA],
    password: "a guess",
    exitCode: 0,
    tells: [/^refused$/m, /^(?!.*Clara Abara)/s],
  },
  {
    narration: "And the one from the morning has left since, and stays out.",
    command: ["verify", "acme", LEAVER],
    password: passwordOf(LEAVER),
    exitCode: 0,
    tells: [/^refused$/m],
  },
];
