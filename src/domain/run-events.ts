/** Told while a run goes on, for progress bars and logs. */
export type RunEvent =
  | { readonly type: "phase"; readonly phase: "fetch" | "compare" | "confirm" | "apply" }
  | { readonly type: "stream"; readonly stream: string; readonly state: "started" }
  /** `broken`: it was not read to its end. */
  | {
      readonly type: "stream";
      readonly stream: string;
      readonly state: "finished" | "broken";
      readonly fetched: number;
    }
  | {
      readonly type: "progress";
      readonly stream: string;
      readonly fetched: number;
      /** Declared by the upstream, or what the mirror held before; null when neither is known. */
      readonly expected: number | null;
      readonly pages: number;
    };
