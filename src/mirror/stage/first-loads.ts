import { isBeyondBelief } from "../../domain/beyond-belief";
import { type EntityName, entitiesListedIn, isEntity } from "../../domain/entities";
import type { Stream } from "../../domain/job";
import type { LandingRequest, LandingStream } from "../../domain/landing";
import type { StagedPage } from "../../domain/staging";
import { type Batch, copyBatch, rowsOfBatch } from "./copy-batch";
import { type Arrived, landBatch, layDigests, numberArrivals } from "./land-batch";
import type { Landed, LandedRecords, UntoldRecords } from "./landed";
import { type LandedRows, landedRows } from "./landed-rows";
import { lastingTable } from "./lasting-stage";
import { added, NO_LINKS } from "./link-tally";
import { affected, numberOf, rowsOf, type StageContext } from "./stage-context";
import { COMPLETE_ONCE } from "./was-complete";

/** Keys of an entity that are held in memory, to tell which links have both their ends. */
const MOST_ENDS = 200_000;

/** How a stream's records get into the mirror. `undecided`: too few of them have come. */
type Way = "undecided" | "landing" | "staged";

/** What one transaction lands of a batch. */
export interface Landing {
  /** How often landing had been given up before. */
  readonly after: number;
  /** By stream: its pages that land, and what has arrived of them. */
  readonly streams: Map<Stream, { readonly pages: StagedPage[]; arrived: Arrived | null }>;
  /** All that landed until now, with what landed here. */
  readonly landed: Map<EntityName, LandedRecords>;
}

/**
 * First loads of a run: where the mirror holds nothing of an entity, its records are not staged and compared but land, batch by
 * batch, in the mirror itself. What was landed is remembered beside the stage, so that whoever goes on from there lands the rest.
 *
 * A key or a name that is there already ends it: that batch is staged, and so are all that follow.
 */
export class FirstLoads {
  readonly #landed: Map<EntityName, LandedRecords>;
  readonly #untold: Map<EntityName, UntoldRecords>;
  #request: LandingRequest | null = null;
  /** What is remembered in `stage_landed`. */
  readonly #remembered = new Set<EntityName>();
  readonly #ways = new Map<string, Way>();
  readonly #counted = new Map<string, { records: number; rejects: number }>();
  readonly #ends = new Map<EntityName, ReadonlySet<string>>();
  /** By stream: how its rows are written. */
  readonly #rows = new Map<string, LandedRows>();
  /** How often landing was given up. */
  #givenUp = 0;
  /** Streams that land no more, where that is still to be remembered. */
  #stopped: string[] = [];
  #numbering: Promise<unknown> = Promise.resolve();

  /** @param landed is kept up to what was committed */
  constructor(
    private readonly context: StageContext,
    { landed, untold }: { landed: Map<EntityName, LandedRecords>; untold: Map<EntityName, UntoldRecords> },
    private readonly landsFrom: number,
  ) {
    this.#landed = landed;
    this.#untold = untold;
  }

  /** Comes before the first page. */
  async allow(request: LandingRequest): Promise<void> {
    this.#request = request;
    const rows = await rowsOf<RememberedRow>(
      this.context,
      "select entity, stream, landing, untold_records as records, untold_links as links from stage_landed",
    );
    for (const { entity, stream, landing, records, links } of rows) {
      this.#ways.set(stream, landing ? "landing" : "staged");
      this.#untold.set(entity, { records: Number(records), links });
      this.#remembered.add(entity);
    }
  }

  /** By entity: whose keys, in the mirror or yet to come into it, made links that landed effective. */
  get awaited(): ReadonlyMap<EntityName, ReadonlySet<string>> {
    return this.#landed.size === 0 ? new Map() : this.#ends;
  }

  /** Rows of `stage_landed`. */
  get remembered(): number {
    return this.#remembered.size;
  }

  /** A report tells of all that landed until now, and its run is not the last. */
  async told(): Promise<void> {
    const none = JSON.stringify(NO_LINKS);
    const table = lastingTable(this.context, "stage_landed");
    await affected(this.context, `update ${table} set untold_records = 0, untold_links = $1`, [none]);
  }

  /** Counts what came, whatever becomes of it. */
  meet({ stream, records, rejects }: StagedPage): void {
    if (!this.mayLand(stream)) return;
    const counted = this.#counted.get(stream.name) ?? { records: 0, rejects: 0 };
    counted.records += records.length;
    counted.rejects += rejects.length;
    this.#counted.set(stream.name, counted);
    if (isBeyondBelief(counted.rejects, counted.records + counted.rejects)) this.#stop(stream.name);
  }

  /** Whether pages of the stream may land. */
  mayLand({ name }: Stream): boolean {
    return this.#request?.streams.has(name) === true && this.#ways.get(name) !== "staged";
  }

  /** Whether pages of the stream are enough to land. */
  lands(stream: Stream): boolean {
    if (!this.mayLand(stream)) return false;
    return (
      this.#ways.get(stream.name) === "landing" || (this.#counted.get(stream.name)?.records ?? 0) >= this.landsFrom
    );
  }

  /** Whether all of a batch lands as earlier ones of its streams did, whatever becomes of the one before it. */
  landsWhole({ pages, parents }: Batch): boolean {
    const lands = ({ stream }: StagedPage): boolean => this.mayLand(stream) && this.#rows.has(stream.name);
    return pages.length > 0 && parents.length === 0 && pages.every(({ page }) => lands(page));
  }

  /** Comes before each transaction. */
  begin(): Landing {
    return { after: this.#givenUp, streams: new Map(), landed: new Map() };
  }

  /**
   * Writes a batch in the transaction that is open: what does not land is staged, and comes first, for it may be the other end
   * of a link.
   *
   * @returns what was staged
   */
  async write(context: StageContext, { pages, parents }: Batch, { streams }: Landing): Promise<Batch> {
    for (const { page } of pages) {
      if (!(await this.#isLanding(context, page.stream))) continue;
      const own = streams.get(page.stream) ?? { pages: [], arrived: null };
      streams.set(page.stream, own);
      own.pages.push(page);
    }
    const staged = pages.map(({ page, ...place }) => ({
      ...place,
      page: streams.has(page.stream) ? remainderOf(page) : page,
    }));
    await copyBatch(context, await rowsOfBatch(context, { pages: staged, parents }));
    for (const [stream, own] of streams) own.arrived = await this.#land(context, stream, own.pages);
    return { pages: staged, parents };
  }

  /**
   * Remembers what landed, in the same transaction. Comes when all that was to land before is committed.
   *
   * @returns rows of `stage_landed`
   */
  async remember(context: StageContext, { after, streams, landed }: Landing): Promise<number> {
    if (after !== this.#givenUp) throw new GivenUp();
    for (const [stream, { pages, arrived }] of streams) {
      const [request, own] = [this.#request, this.#request?.streams.get(stream.name)];
      if (arrived === null || arrived.records === 0 || request === null || own === undefined) continue;
      const entity = stream.into as EntityName;
      await layDigests(context, { entity, fingerprint: own.fingerprint, digests: arrived.digests });
      const all = together(this.#landed.get(entity), arrived, stream.name, pages[0]?.page ?? 0);
      await this.#remember(context, entity, all, own, request);
      landed.set(entity, all);
    }
    if (this.#stopped.length > 0)
      await affected(context, "update stage_landed set landing = false where stream = any ($1)", [this.#stopped]);
    return new Set([...this.#remembered, ...landed.keys()]).size;
  }

  committed({ landed }: Landing): void {
    for (const [entity, all] of landed) {
      this.#landed.set(entity, all);
      this.#remembered.add(entity);
    }
    this.#stopped = [];
  }

  /** The transaction was rolled back. @returns whether it is to be tried again, now that everything is staged */
  giveUp({ streams }: Landing, error: unknown): boolean {
    if (error instanceof GivenUp) return true;
    if (!isRepeated(error) || streams.size === 0) return false;
    for (const { name } of streams.keys()) this.#stop(name);
    this.#givenUp += 1;
    return true;
  }

  async #land(context: StageContext, stream: Stream, pages: readonly StagedPage[]): Promise<Arrived | null> {
    const [request, { into: entity, name }] = [this.#request, stream];
    const own = request?.streams.get(name);
    if (request === null || own === undefined || !isEntity(entity)) return null;
    const ends = new Map<EntityName, ReadonlySet<string>>();
    for (const other of entitiesListedIn(stream.into, stream.mapping.fields))
      ends.set(other, await this.#keysOf(context, other));
    const rows = this.#rows.get(name) ?? landedRows({ ...this.context, ...request, entity, stream, ends });
    this.#rows.set(name, rows);
    // Counted by another session, and not to find what lands here.
    await this.context.before();
    return landBatch(context, { entity, rows, pages, fingerprint: own.fingerprint, ends }, this.#number);
  }

  /** One batch after the other. */
  readonly #number: typeof numberArrivals = (context, entity, count) => {
    const numbering = this.#numbering.then(() => numberArrivals(context, entity, count));
    this.#numbering = numbering.catch(() => undefined);
    return numbering;
  };

  async #isLanding(context: StageContext, stream: Stream): Promise<boolean> {
    if (!this.lands(stream)) return false;
    if (this.#ways.get(stream.name) === "landing") return true;
    const way = (await this.#isFirst(context, stream)) ? "landing" : this.#stop(stream.name);
    this.#ways.set(stream.name, way);
    return way === "landing";
  }

  #stop(stream: string): Way {
    if (this.#ways.get(stream) === "landing") this.#stopped.push(stream);
    this.#ways.set(stream, "staged");
    return "staged";
  }

  /** Nothing of it is in the mirror, nobody was ever answered from it, and the other ends of its links are few enough. */
  async #isFirst(context: StageContext, stream: Stream): Promise<boolean> {
    const against = [
      COMPLETE_ONCE,
      `select from mirror.${stream.into} where source = $1`,
      ...[...entitiesListedIn(stream.into, stream.mapping.fields)].map(
        (entity) => `${KEYS(entity)} offset ${MOST_ENDS}`,
      ),
    ];
    const found = `select count(*) from (values ${against.map((rows) => `(exists (${rows}))`).join(", ")}) as v (found) where found`;
    return (await numberOf(context, found, [context.source])) === 0;
  }

  /** Who of an entity is there, or will be: its stream was read before. */
  async #keysOf(context: StageContext, entity: EntityName): Promise<ReadonlySet<string>> {
    const known = this.#ends.get(entity);
    if (known !== undefined) return known;
    const rows = await rowsOf<{ key: string }>(context, KEYS(entity), [context.source]);
    const keys = new Set(rows.map(({ key }) => key));
    this.#ends.set(entity, keys);
    return keys;
  }

  async #remember(
    context: StageContext,
    entity: EntityName,
    all: LandedRecords,
    { version, fingerprint }: LandingStream,
    { actor }: LandingRequest,
  ): Promise<void> {
    const { source, run } = context;
    const untold = this.#untold.get(entity) ?? { records: 0, links: NO_LINKS };
    await affected(
      context,
      `insert into stage_landed (entity, stream, fingerprint, first_id, last_id, records, landing, untold_records, untold_links)
       values ($1, $2, $3, $4, $5, $6, true, $7, $8)
       on conflict (entity) do update set first_id = $4, last_id = $5, records = $6, untold_records = $7, untold_links = $8`,
      [
        ...[entity, all.stream, fingerprint, all.firstId, all.lastId, all.records],
        ...[all.records + untold.records, JSON.stringify(added(all.links, untold.links))],
      ],
    );
    if (this.#remembered.has(entity)) return;
    // Whoever comes next must know what the mirror is kept by, also if this run never ends.
    await affected(
      context,
      `insert into sync.mappings (source, stream, entity, run, at, actor, fingerprint, key_fingerprint, key, last_run)
       select $1, $2, $3, $4, now(), $5, $6, $7, $8, $4
       where not exists (select from sync.mappings where source = $1 and stream = $2)`,
      [
        ...[source, all.stream, entity, run, actor, version.fingerprint, version.key?.fingerprint ?? null],
        version.key === null ? null : JSON.stringify(version.key),
      ],
    );
  }
}

const KEYS = (entity: EntityName): string =>
  `select key from mirror.${entity} where source = $1 and tombstoned_at is null union select key from stage_${entity}`;

/** What is to be staged of a page whose records land. Passwords are: of people met again the latest counts, which shows at the end. */
const remainderOf = (page: StagedPage): StagedPage => ({ ...page, records: [], digests: [] });

function together(before: LandedRecords | undefined, arrived: Landed, stream: string, page: number): LandedRecords {
  return {
    ...{ stream, dangling: added(arrived.dangling, before?.dangling ?? NO_LINKS) },
    ...{ links: added(arrived.links, before?.links ?? NO_LINKS), fromPage: before?.fromPage ?? page },
    // Of two batches at once the second may have been numbered first.
    firstId: Math.min(before?.firstId ?? arrived.firstId, arrived.firstId),
    lastId: Math.max(before?.lastId ?? arrived.lastId, arrived.lastId),
    records: (before?.records ?? 0) + arrived.records,
  };
}

interface RememberedRow extends UntoldRecords {
  readonly [column: string]: unknown;
  readonly entity: EntityName;
  readonly stream: string;
  readonly landing: boolean;
}

/** The batch before did not land, and neither does this one. */
class GivenUp extends Error {}

/** Somebody is there already; or comes with the batch beside this one, which waits for it. */
const isRepeated = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "23505" || error.code === "55P03");
