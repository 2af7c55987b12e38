import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { PasswordHash } from "../domain/password-hashes";

type ThreadHash = Extract<PasswordHash, { kind: "bcrypt" | "sha512-crypt" }>;

/** What `hash-thread.cjs` is asked. */
type Question = ThreadHash & { readonly password: string };

/** Threads for hashes that would hold up everybody else here, as many as are asked at once; they keep no process alive. */
export class HashThreads {
  readonly #idle: Worker[] = [];

  async isRight(question: Question): Promise<boolean> {
    const thread = this.#idle.pop() ?? new Worker(join(__dirname, "hash-thread.cjs"));
    // While it works the process waits for it.
    thread.ref();
    thread.postMessage(question);
    // Fails when the thread does, which is given up then.
    const [answer] = await once(thread, "message");
    thread.unref();
    this.#idle.push(thread);
    return answer === true;
  }
}
