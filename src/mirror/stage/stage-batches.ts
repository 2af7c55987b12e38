import type { Beginning, EntityMet, Progress, StagedPage } from "../../domain/staging";
import { checkFence } from "../fence";
import { inTransaction } from "../transaction";
import { type Checkpoint, keepCheckpoint, takeCheckpoint } from "./checkpoints";
import { type Batch, copyBatch, numbersOf, rowsOfBatch, rowsOfPage } from "./copy/copy-batch";
import { noteMet } from "./digests";
import type { FirstLoads } from "./land/first-loads";
import type { StageContext } from "./stage-context";
import type { Turn, WriteOrder } from "./write-order";

/** When what was read is written. */
export interface BatchTerms {
  /** Rows that make a batch. */
  readonly rows: number;
  /** Milliseconds that may pass between two checkpoints where there is anything to go on from. */
  readonly checkpointEvery: number;
  /** Records of an entity that make its first load land; a smaller one is compared as any other. */
  readonly landsFrom: number;
}

export const BATCHES: BatchTerms = { rows: 12_000, checkpointEvery: 250, landsFrom: 2_000 };

/**
 * Gathers what is read into batches, which are written in their order while more is read: each in one transaction that
 * checks the fence and ends with the checkpoint. What is staged beyond the checkpoint is numbered higher than it says,
 * and does not count for the run that resumes there. What lands cannot be taken back, so it is written once its
 * progress is told.
 */
export class StageBatches {
  /** Number of the next row. */
  #ord = 0;
  #rows = 0;
  #gathered = new GatheredBatch();
  /** Null for a stage that is not begun, or that nobody can go on from. */
  #fingerprint: string | null = null;
  #checkpoint: Checkpoint | null = null;
  /** Something was reached since the checkpoint was written. */
  #isAhead = false;
  #writtenAt = performance.now();
  /** Chunks of records met, and those of them that the next checkpoint notes. */
  readonly #chunks = new Set<string>();
  #unnoted = new Map<string, EntityMet>();
  /** Rows counted in `#rows` that landed instead of being staged. */
  #rowsLanded = 0;

  /** @param lasting whether the stage is there for others after this run */
  constructor(
    private readonly context: StageContext,
    private readonly lasting: boolean,
    private readonly firstLoads: FirstLoads,
    private readonly order: WriteOrder,
    private readonly terms: BatchTerms,
  ) {}

  /** Whether another run could go on from here. */
  get isResumable(): boolean {
    return this.#checkpoint !== null;
  }

  async begin(fingerprint: string): Promise<Beginning> {
    if (!this.lasting) return { earlier: null, notFrom: null };
    const { checkpoint, ...beginning } = await takeCheckpoint(this.context, fingerprint);
    this.#fingerprint = fingerprint;
    this.#checkpoint = checkpoint;
    for (const { entity, chunks } of checkpoint?.met ?? [])
      for (const { chunk } of chunks) this.#chunks.add(`${entity} ${chunk}`);
    this.#ord = checkpoint?.ord ?? 0;
    this.#rows = (checkpoint?.rows ?? 0) - this.#chunks.size - (checkpoint?.landed ?? 0);
    return beginning;
  }

  /** Resolves when what was full before is being written: meanwhile the next is gathered. */
  async add(page: StagedPage): Promise<void> {
    this.#gathered.pages.push({ page, first: this.#ord, readAt: new Date().toISOString() });
    this.firstLoads.meet(page);
    await this.#added(numbersOf(page), rowsOfPage(page));
  }

  async noteParentRead(stream: string, key: string): Promise<void> {
    this.#gathered.parents.push({ stream, key, ord: this.#ord });
    await this.#added(1, 1);
  }

  async #added(numbers: number, rows: number): Promise<void> {
    this.#ord += numbers;
    this.#rows += rows;
    this.#gathered.rows += rows;
    if (this.#isFull && !this.#isToBeTold) await this.#write();
  }

  get #isFull(): boolean {
    return this.#gathered.rows >= this.terms.rows;
  }

  /** The latest page is of a stream that may land and that others can go on reading, so its progress will be told. */
  get #isToBeTold(): boolean {
    const stream = this.#gathered.pages.at(-1)?.page.stream;
    if (stream === undefined || !this.firstLoads.mayLand(stream)) return false;
    return this.#checkpoint?.streams.some((told) => told.stream === stream.name) === true;
  }

  /** All that was added until now belongs to this progress. */
  async noteProgress({ streams, met, usage }: Progress): Promise<void> {
    if (met !== null)
      for (const chunk of met.chunks) {
        const place = `${met.entity} ${chunk.chunk}`;
        this.#chunks.add(place);
        this.#unnoted.set(place, { entity: met.entity, chunks: [chunk] });
      }
    if (this.#fingerprint === null) return;
    const others = this.#checkpoint?.streams.filter((one) => !streams.some(({ stream }) => stream === one.stream));
    this.#checkpoint = {
      fingerprint: this.#fingerprint,
      streams: [...(others ?? []), ...streams],
      usage,
      ord: this.#ord,
      rows: this.#rows + this.#chunks.size,
      landed: 0,
      met: [],
    };
    this.#isAhead = true;
    if (this.#isDue || this.#isFull) await this.#write();
  }

  get #isDue(): boolean {
    return this.lasting && performance.now() - this.#writtenAt >= this.terms.checkpointEvery;
  }

  /** Writes what a run that is interrupted from here on should not have to read again; the rest is left to `copyRest`. */
  async writeDue(): Promise<void> {
    const lands = this.#gathered.pages.some(({ page }) => this.firstLoads.lands(page.stream));
    if (lands || this.#isDue) await this.#write();
    await this.order.done;
  }

  async writeAll(): Promise<void> {
    await this.#write();
    await this.order.done;
  }

  /** Copies what is still gathered, within the transaction that is open. */
  async copyRest(): Promise<void> {
    const [rest, met] = [this.#gathered, [...this.#unnoted.values()]];
    this.#gathered = new GatheredBatch();
    await copyBatch(this.context, await rowsOfBatch(this.context, rest));
    await noteMet(this.context, met);
  }

  /** Asks the run's session between two batches: within the transaction of one, the question would fail when that does. */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    await this.order.rest();
    return question();
  }

  #write(): Promise<void> {
    const batch = this.#gathered;
    const checkpoint = this.#isAhead ? this.#checkpoint : null;
    const met = [...this.#unnoted.values()];
    this.#gathered = new GatheredBatch();
    if (checkpoint !== null) this.#unnoted = new Map();
    this.#isAhead = false;
    this.#writtenAt = performance.now();
    const work = (turn: Turn) => this.#writeBatch(batch, checkpoint === null ? null : { ...checkpoint, met }, turn);
    return this.lasting && this.firstLoads.landsWhole(batch) ? this.order.beside(work) : this.order.next(work);
  }

  async #writeBatch(batch: GatheredBatch, checkpoint: Checkpoint | null, turn: Turn): Promise<void> {
    const { context } = this;
    if (!this.lasting) await copyBatch(context, await rowsOfBatch(context, batch));
    else if (batch.rows > 0) await this.#writeRows(batch, checkpoint, turn);
    else if (checkpoint !== null) await keepCheckpoint(context, this.#counted(checkpoint, this.firstLoads.remembered));
  }

  #counted(checkpoint: Checkpoint, remembered: number): Checkpoint {
    return { ...checkpoint, rows: checkpoint.rows - this.#rowsLanded + remembered };
  }

  async #writeRows(batch: GatheredBatch, checkpoint: Checkpoint | null, turn: Turn): Promise<void> {
    const { firstLoads } = this;
    const context = { ...this.context, client: turn.client };
    const landing = firstLoads.begin();
    let justLanded = 0;
    try {
      await inTransaction(turn.client, async () => {
        const staged = await firstLoads.write(context, batch, landing);
        justLanded = rowsIn(batch) - rowsIn(staged);
        await turn.comes;
        const remembered = await firstLoads.remember(context, landing);
        // Last, so that a process that is paused on the way holds nobody up.
        if (checkpoint === null) await checkFence(context);
        else await keepCheckpoint(context, this.#counted(checkpoint, remembered - justLanded));
      });
    } catch (error) {
      if (!firstLoads.giveUp(landing, error)) throw error;
      await turn.comes;
      return this.#writeRows(batch, checkpoint, turn);
    }
    firstLoads.committed(landing);
    this.#rowsLanded += justLanded;
    if (justLanded > 0) await this.order.widen();
  }
}

const rowsIn = ({ pages }: Batch): number => pages.reduce((rows, { page }) => rows + rowsOfPage(page), 0);

class GatheredBatch implements Batch {
  readonly pages: Batch["pages"][number][] = [];
  readonly parents: { stream: string; key: string; ord: number }[] = [];
  rows = 0;
}
