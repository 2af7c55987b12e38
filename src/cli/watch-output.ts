import { fstatSync, writeFileSync } from "node:fs";
import { Writable } from "node:stream";
import { getSystemErrorMap } from "node:util";
import { EXIT } from "../domain/exit-codes";
import type { Output } from "./text/terminal";

/**
 * Puts up with streams that cannot be written to. Standard error only talks, so whatever becomes of it, the command
 * does what it is for, and a service stays. On standard output an answer may be lost, which is told when the work is
 * done.
 */
export function watchOutput(stdout: Output, stderr: Output): { readonly exitCode: (ofWork: number) => number } {
  let lost: NodeJS.ErrnoException | null = null;
  stderr.on("error", () => undefined);
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    // `understudy runs | head -1` closes the pipe early, which is no error.
    if (error.code !== "EPIPE") lost ??= error;
  });
  return {
    /** The exit code of the work stands, unless it says that all is well. */
    exitCode(ofWork) {
      if (lost === null) return ofWork;
      const because = getSystemErrorMap().get(lost.errno ?? 0)?.[1] ?? lost.message;
      stderr.write(`error: the output could not be written: ${because}\n`);
      return ofWork === EXIT.done || ofWork === EXIT.changes ? EXIT.output : ofWork;
    },
  };
}

/** Node counts as written what an almost full disk took only a part of, so files are written to the end here. */
export function wholeAnswers(stdout: Output & { readonly fd: number }): Output {
  if (!fstatSync(stdout.fd).isFile()) return stdout;
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        writeFileSync(stdout.fd, chunk);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}
