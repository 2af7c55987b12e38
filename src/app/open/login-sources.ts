import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../domain/errors";
import type { LoginJob } from "../../domain/job";
import type { BrowserSignIn, LiveCheck } from "../../domain/live-check";
import type { Log } from "../../domain/log";
import type { LoginPolicy } from "../../domain/login";
import type { LoginSource } from "../../login/ports";
import type { Jobs } from "../jobs";

interface Known extends LoginSource {
  readonly job: LoginJob;
  /** Opened with the first who asks. @throws Failure LOG020 */
  readonly signIn: () => BrowserSignIn;
  readonly stamp: string;
  readonly close: () => Promise<void>;
  lookedAt: number;
  /** What an edit made of the files since, that cannot be read; null when nothing did. */
  broken: { readonly stamp: string; readonly readAt: number } | null;
}

/** Milliseconds in which a file is not looked at again. */
const POLL_INTERVAL = 1_000;
/** Milliseconds after which broken files are read again that look as they did: what they name may be there now. */
const READ_AGAIN_AFTER = 10_000;
/** No login takes longer, hashing and asking together; milliseconds. */
const LOGIN_TIMEOUT = 60_000;

/** Nobody signs in there any more, or ever did: its job is gone, or says nothing of logins. */
export const isNoLoginSource = (error: unknown): boolean =>
  error instanceof Failure && (error.code === "USE002" || error.code === "LOG001");

/** Whether these files were read already, be it well or not. */
function isKnown({ stamp: read, broken }: Known, stamp: string): boolean {
  if (broken?.stamp === stamp) return performance.now() - broken.readAt < READ_AGAIN_AFTER;
  return read === stamp;
}

export interface LoginSourcesOptions {
  readonly home: string;
  readonly jobs: Jobs;
  readonly openLive: (job: LoginJob, policy: LoginPolicy) => LiveCheck;
  readonly openSignIn: (job: LoginJob, policy: LoginPolicy) => BrowserSignIn;
  readonly log: Log;
}

/**
 * What job files say of logins, kept between them. An edited file, of the job or of a secret in it, counts within a second; one that
 * was broken by an edit is told in the log, and logins go on as they were.
 */
export class LoginSources {
  readonly #known = new Map<string, Known>();
  readonly #loading = new Map<string, Promise<Known>>();
  /** What an edit took the place of, until nobody is under way who had found it. */
  readonly #leaving = new Map<Known, NodeJS.Timeout>();

  constructor(private readonly options: LoginSourcesOptions) {}

  /** @throws Failure USE002, LOG001, and what is wrong with the files of a source that was never read well */
  async find(source: string): Promise<Pick<Known, "job" | "policy" | "live" | "signIn">> {
    const before = this.#known.get(source);
    if (before !== undefined && performance.now() - before.lookedAt < POLL_INTERVAL) return before;
    const stamp = await this.#stamp(before?.job ?? { file: `jobs/${source}.yaml`, secretFiles: [] });
    // Somebody else may have read the file anew meanwhile.
    const known = this.#known.get(source);
    if (known !== undefined && isKnown(known, stamp)) {
      known.lookedAt = performance.now();
      return known;
    }
    const loading = this.#loading.get(source) ?? this.#load(source, stamp, known);
    this.#loading.set(source, loading);
    return loading.finally(() => this.#loading.delete(source));
  }

  /** Those that were asked for: their breakers are this process's business. */
  get names(): readonly string[] {
    return [...this.#known.keys()];
  }

  async close(): Promise<void> {
    for (const timer of this.#leaving.values()) clearTimeout(timer);
    await Promise.all([...this.#leaving.keys(), ...this.#known.values()].map((known) => known.close()));
    this.#leaving.clear();
    this.#known.clear();
  }

  async #load(source: string, stamp: string, known: Known | undefined): Promise<Known> {
    const { jobs, log } = this.options;
    try {
      const job = await jobs.loadLogin(source);
      const { login: policy } = job;
      if (policy === null)
        throw new Failure("LOG001", `nobody signs in at \`${source}\`: its job has no \`login:\``, {
          fix: `say in ${job.file} how its people sign in`,
        });
      const found = { job, policy, ...this.#open(job, policy), stamp, lookedAt: performance.now(), broken: null };
      this.#known.set(source, found);
      this.#leave(known);
      void this.#tellMistakes(source);
      return found;
    } catch (error) {
      if (known === undefined || isNoLoginSource(error)) {
        this.#known.delete(source);
        this.#leave(known);
        throw error;
      }
      if (known.broken?.stamp !== stamp)
        log.warn("an edited file of the job cannot be read; logins go on as it was before", { source, error });
      known.lookedAt = performance.now();
      known.broken = { stamp, readAt: known.lookedAt };
      return known;
    }
  }

  /** Nobody waits for it: a login is answered by the job file alone. */
  async #tellMistakes(source: string): Promise<void> {
    const { jobs, log } = this.options;
    // Files that cannot even be listed are told by whoever needs them.
    if ((await jobs.find(source).catch(() => undefined)) !== null) return;
    log.warn("the source's files have mistakes, so it cannot be read; logins go on by what its job file says of them", {
      source,
      fix: "see them: understudy check",
    });
  }

  /** Logins under way go on with what they found, also those that still hash and ask nobody yet. */
  #leave(known: Known | undefined): void {
    if (known === undefined) return;
    const timer = setTimeout(() => {
      this.#leaving.delete(known);
      void known.close();
    }, LOGIN_TIMEOUT);
    this.#leaving.set(known, timer.unref());
  }

  #open(job: LoginJob, policy: LoginPolicy): Pick<Known, "live" | "signIn" | "close"> {
    const live = this.options.openLive(job, policy);
    let signIn: BrowserSignIn | null = null;
    return {
      live,
      signIn: () => {
        signIn ??= this.options.openSignIn(job, policy);
        return signIn;
      },
      close: async () => {
        await live.close();
        await signIn?.close();
      },
    };
  }

  /**
   * Before a file is read, so that no edit is missed. Which secret files there are is known with the first look, so that the second
   * finds another stamp, and reads once more.
   */
  async #stamp({ file, secretFiles }: Pick<LoginJob, "file" | "secretFiles">): Promise<string> {
    const files = [join(this.options.home, file), ...secretFiles];
    const found = await Promise.all(files.map((path) => stat(path).catch(() => null)));
    return found
      .map((one) => (one === null ? "none" : `${one.ino} ${one.size} ${one.mtimeMs} ${one.ctimeMs}`))
      .join(", ");
  }
}
