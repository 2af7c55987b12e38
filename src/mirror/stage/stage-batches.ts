import type { Beginning, EntityMet, Progress, StagedPage } from "../../domain/staging";
import { inTransaction } from "../transaction";
import { type Checkpoint, keepCheckpoint, takeCheckpoint } from "./checkpoints";
import { type Batch, copyText, numbersOf, rowsOfPage, textOf } from "./copy-batch";
import { noteMet } from "./digests";
import { checkFence } from "./keep-books";
import type { StageContext } from "./stage-context";

/** When what was read is written. */
export interface BatchTerms {
  /** Rows that make a batch. */
  readonly rows: number;
  /** Milliseconds that may pass between two checkpoints where there is anything to go on from. */
  readonly checkpointEvery: number;
}

export const BATCHES: BatchTerms = { rows: 10_000, checkpointEvery: 250 };

/**
 * Gathers what is read into batches, which are written one after the other while more is read: each in one transaction that
 * checks the fence and ends with the checkpoint. What is staged beyond the checkpoint is numbered higher than it says, and does
 * not count for whoever goes on from there.
 */
export class StageBatches {
  /** Number of the next row. */
  #ord = 0;
  #rows = 0;
  #gathered = new GatheredBatch();
  /** Null for a stage that is not begun, or that nobody can go on from. */
  #making: string | null = null;
  #checkpoint: Checkpoint | null = null;
  /** Something was reached since the checkpoint was written. */
  #isAhead = false;
  #writtenAt = performance.now();
  /** Chunks of records met, and those of them that the next checkpoint notes. */
  readonly #chunks = new Set<string>();
  #unnoted = new Map<string, EntityMet>();
  #writing: Promise<void> = Promise.resolve();

  /** @param lasting whether the stage is there for others after this run */
  constructor(
    private readonly context: StageContext,
    private readonly lasting: boolean,
    private readonly terms: BatchTerms,
  ) {}

  /** Whether another run could go on from here. */
  get canBeGoneOnFrom(): boolean {
    return this.#checkpoint !== null;
  }

  async begin(making: string): Promise<Beginning> {
    if (!this.lasting) return { earlier: null, notFrom: null };
    const { checkpoint, ...beginning } = await takeCheckpoint(this.context, making);
    this.#making = making;
    this.#checkpoint = checkpoint;
    for (const { entity, chunks } of checkpoint?.met ?? [])
      for (const { chunk } of chunks) this.#chunks.add(`${entity} ${chunk}`);
    this.#ord = checkpoint?.ord ?? 0;
    this.#rows = (checkpoint?.rows ?? 0) - this.#chunks.size;
    return beginning;
  }

  /** Resolves when what was full before is written: while one batch is, the next is gathered. */
  async add(page: StagedPage): Promise<void> {
    this.#gathered.pages.push({ page, first: this.#ord });
    await this.#added(numbersOf(page), rowsOfPage(page));
  }

  async parentRead(stream: string, key: string): Promise<void> {
    this.#gathered.parents.push({ stream, key, ord: this.#ord });
    await this.#added(1, 1);
  }

  async #added(numbers: number, rows: number): Promise<void> {
    this.#ord += numbers;
    this.#rows += rows;
    this.#gathered.rows += rows;
    if (this.#gathered.rows >= this.terms.rows) await this.#write();
  }

  /** All that was added until now belongs to this progress. */
  async reached({ streams, met, usage }: Progress): Promise<void> {
    if (met !== null)
      for (const chunk of met.chunks) {
        const place = `${met.entity} ${chunk.chunk}`;
        this.#chunks.add(place);
        this.#unnoted.set(place, { entity: met.entity, chunks: [chunk] });
      }
    if (this.#making === null) return;
    const others = this.#checkpoint?.streams.filter((one) => !streams.some(({ stream }) => stream === one.stream));
    this.#checkpoint = {
      ...{ making: this.#making, streams: [...(others ?? []), ...streams], usage },
      ...{ ord: this.#ord, rows: this.#rows + this.#chunks.size, met: [] },
    };
    this.#isAhead = true;
    if (this.#isDue) await this.#write();
  }

  get #isDue(): boolean {
    return this.lasting && performance.now() - this.#writtenAt >= this.terms.checkpointEvery;
  }

  /** Writes what a run that is interrupted from here on should not have to read again; the rest is left to `copyRest`. */
  async finish(everything: boolean): Promise<void> {
    if (everything || this.#isDue) await this.#write();
    await this.#writing;
  }

  /** Copies what is still gathered, within the transaction that is open. */
  async copyRest(): Promise<void> {
    const [rest, met] = [this.#gathered, [...this.#unnoted.values()]];
    this.#gathered = new GatheredBatch();
    await copyText(this.context, await textOf(this.context, rest));
    await noteMet(this.context, met);
  }

  /** Comes after what was written before, on the one session. Resolves when that is written. */
  next(work: () => Promise<void>): Promise<void> {
    const before = this.#writing;
    this.#writing = before.then(work);
    // Told by whoever waits for it next.
    this.#writing.catch(() => undefined);
    return before;
  }

  #write(): Promise<void> {
    const batch = this.#gathered;
    const checkpoint = this.#isAhead ? this.#checkpoint : null;
    const met = [...this.#unnoted.values()];
    this.#gathered = new GatheredBatch();
    if (checkpoint !== null) this.#unnoted = new Map();
    this.#isAhead = false;
    this.#writtenAt = performance.now();
    return this.next(() => this.#writeBatch(batch, checkpoint === null ? null : { ...checkpoint, met }));
  }

  async #writeBatch(batch: GatheredBatch, checkpoint: Checkpoint | null): Promise<void> {
    const { context } = this;
    const text = await textOf(context, batch);
    if (!this.lasting) await copyText(context, text);
    else if (batch.rows > 0)
      await inTransaction(context.client, async () => {
        await copyText(context, text);
        // Last, so that a process that is paused on the way holds nobody up.
        await (checkpoint === null ? checkFence(context) : keepCheckpoint(context, checkpoint));
      });
    else if (checkpoint !== null) await keepCheckpoint(context, checkpoint);
  }
}

class GatheredBatch implements Batch {
  readonly pages: { page: StagedPage; first: number }[] = [];
  readonly parents: { stream: string; key: string; ord: number }[] = [];
  rows = 0;
}
