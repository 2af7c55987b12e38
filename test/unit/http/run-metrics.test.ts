import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { MirrorFacts } from "../../../src/domain/answers";
import { type Log, silentLog } from "../../../src/domain/log";
import { createRunMetrics, type RunMetrics } from "../../../src/http/run-metrics";
import { checkPrometheusText } from "../../support/prometheus-text";
import { links, report, users } from "../cli/command";

const source = (name: string): MirrorFacts["sources"][number] => ({
  source: name,
  lastComplete: "2026-11-22T13:59:08.800Z",
  overdue: name === "late",
  heldChanges: 3,
  rejects: 2,
  offline: { active: 20, ready: 18, ending: 3, upstream: "open" },
  counts: { users: 1231, users_teams: 2213 },
});
const facts = (...names: string[]): MirrorFacts => ({
  sources: names.map(source),
  queue: { waiting: 4, active: 1, delayed: 0 },
});
const never = () => new Promise<never>(() => undefined);

/** The value of one series as `/metrics` tells it. */
async function series(metrics: RunMetrics, name: string): Promise<string | null> {
  const line = (await metrics.text()).split("\n").find((text) => text.startsWith(`${name} `));
  return line?.slice(name.length + 1) ?? null;
}

/** A log that keeps what it is warned of. */
function recordingLog() {
  const warnings: unknown[] = [];
  const log: Log = { ...silentLog, warn: (_message, fields) => void warnings.push(fields) };
  return { log, warnings };
}

test("a queue that does not answer leaves out its own numbers alone", async () => {
  const metrics = createRunMetrics({ facts: async () => ({ ...facts("acme"), queue: null }) });
  expect(await series(metrics, "understudy_mirror_up")).toBe("0");
  expect(await series(metrics, 'understudy_source_overdue{source="acme"}')).toBe("0");
  expect(await series(metrics, 'understudy_login_upstream{source="acme",state="open"}')).toBe("1");
  expect(await series(metrics, 'understudy_queue_jobs{state="waiting"}')).toBeNull();
});

describe("what runs did", () => {
  test("hold what runs did", async () => {
    const hashing = async () => ({ running: 2, waiting: 5, made: 40, seconds: 3.5 });
    const metrics = createRunMetrics({ facts: async () => facts("acme", "late"), hashing });
    metrics.observe(report({ entities: { users: users(), users_teams: links() } }));
    metrics.observe(report({ outcome: "held", trigger: { kind: "schedule", by: "schedule", reason: null } }));
    metrics.observe(report({ source: 'a"b\\c\n' }));
    const text = await metrics.text();
    expect(checkPrometheusText(text)).toEqual([]);
    expect(text.split("\n")).toEqual(
      expect.arrayContaining([
        'understudy_runs_total{source="acme",outcome="ok",trigger="cli"} 1',
        'understudy_runs_total{source="acme",outcome="held",trigger="schedule"} 1',
        'understudy_run_duration_seconds_bucket{le="5",source="acme"} 0',
        'understudy_run_duration_seconds_bucket{le="15",source="acme"} 2',
        'understudy_run_duration_seconds_count{source="acme"} 2',
        'understudy_records_total{source="acme",entity="users",outcome="changed"} 14',
        'understudy_links_total{source="acme",kind="users_teams",outcome="granted"} 4',
        'understudy_requests_total{source="acme"} 26',
        "understudy_mirror_up 1",
        'understudy_last_success_timestamp_seconds{source="acme"} 1795355948',
        'understudy_source_overdue{source="acme"} 0',
        'understudy_source_overdue{source="late"} 1',
        'understudy_held_changes{source="acme"} 3',
        'understudy_rejected_records{source="acme"} 2',
        'understudy_mirror_records{source="acme",name="users"} 1231',
        'understudy_offline_active{source="acme"} 20',
        'understudy_offline_ready{source="acme"} 18',
        'understudy_offline_ending{source="acme"} 3',
        'understudy_login_upstream{source="acme",state="open"} 1',
        'understudy_login_upstream{source="acme",state="closed"} 0',
        'understudy_login_hashes{state="waiting"} 5',
        "understudy_login_hashes_made_total 40",
        "understudy_login_hash_seconds_total 3.5",
        'understudy_queue_jobs{state="waiting"} 4',
      ]),
    );
  });

  test("a clock that was set back meanwhile makes no duration below zero", async () => {
    const metrics = createRunMetrics({ facts: async () => facts() });
    metrics.observe(report({ startedAt: "2026-11-22T14:00:00.000Z", finishedAt: "2026-11-22T13:59:00.000Z" }));
    expect(await series(metrics, 'understudy_run_duration_seconds_sum{source="acme"}')).toBe("0");
    expect(await series(metrics, 'understudy_run_duration_seconds_count{source="acme"}')).toBe("1");
  });
});

describe("what Node tells of itself", () => {
  test("no number is named as a counter and is none", async () => {
    const text = await createRunMetrics({ facts: async () => facts() }).text();
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => ({ name, type }));
    expect(types.filter(({ name, type }) => name.endsWith("_total") && type !== "counter")).toEqual([]);
    expect(types.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["nodejs_eventloop_lag_seconds", "nodejs_active_handles", "process_cpu_seconds_total"]),
    );
  });
});

describe("what the mirror holds", () => {
  test("a source that is gone does not live on, what it did does", async () => {
    let answer = facts("acme", "globex");
    const metrics = createRunMetrics({ facts: async () => answer });
    metrics.observe(report({ source: "globex" }));
    expect(await series(metrics, 'understudy_held_changes{source="globex"}')).toBe("3");
    answer = facts("acme");
    expect(await series(metrics, 'understudy_held_changes{source="globex"}')).toBeNull();
    expect(await series(metrics, 'understudy_mirror_records{source="globex",name="users"}')).toBeNull();
    expect(await series(metrics, 'understudy_held_changes{source="acme"}')).toBe("3");
    expect(await series(metrics, 'understudy_requests_total{source="globex"}')).toBe("13");
  });

  test("without an answer there is no old number, and what this process knows itself", async () => {
    let answer: () => Promise<MirrorFacts> = async () => facts("acme");
    const metrics = createRunMetrics({ facts: () => answer() });
    metrics.observe(report());
    await metrics.text();
    answer = () => Promise.reject(new Error("the database is away"));
    const text = await metrics.text();
    expect(checkPrometheusText(text)).toEqual([]);
    expect(text).toContain("understudy_mirror_up 0\n");
    expect(text).toContain('understudy_requests_total{source="acme"} 13\n');
    expect(text).not.toContain('understudy_held_changes{source="acme"}');
    answer = async () => facts("acme");
    expect(await series(metrics, "understudy_mirror_up")).toBe("1");
  });

  test("facts that never come do not hold Prometheus up", async () => {
    const began = Date.now();
    const metrics = createRunMetrics({ facts: never });
    expect(await series(metrics, "understudy_mirror_up")).toBe("0");
    expect(Date.now() - began).toBeLessThan(3_000);
  });

  test("five that ask at once while the mirror hangs ask it once, and the log is told once", async () => {
    let asked = 0;
    const { log, warnings } = recordingLog();
    const hang = () => {
      asked += 1;
      return never();
    };
    const metrics = createRunMetrics({ facts: hang, log });
    const texts = await Promise.all(Array.from({ length: 5 }, () => metrics.text()));
    for (const text of texts) {
      expect(checkPrometheusText(text)).toEqual([]);
      expect(text).toContain("understudy_mirror_up 0\n");
    }
    expect(asked).toBe(1);
    expect(warnings).toHaveLength(1);
  });

  test("who asks while another waits shares its answer; who asks later has a new one", async () => {
    const answers: ((answer: MirrorFacts) => void)[] = [];
    const metrics = createRunMetrics({ facts: () => new Promise((resolve) => answers.push(resolve)) });
    const both = Promise.all([metrics.text(), metrics.text()]);
    answers[0]?.(facts("globex"));
    for (const text of await both) {
      expect(checkPrometheusText(text)).toEqual([]);
      expect(text).toContain('understudy_held_changes{source="globex"} 3\n');
    }
    const later = metrics.text();
    answers[1]?.(facts("acme"));
    expect(await later).toContain('understudy_held_changes{source="acme"} 3\n');
    expect(await later).not.toContain('understudy_held_changes{source="globex"}');
    expect(answers).toHaveLength(2);
  });

  test("an answer that comes too late is not told as a new one", async () => {
    const answers: ((answer: MirrorFacts) => void)[] = [];
    const metrics = createRunMetrics({ facts: () => new Promise((resolve) => answers.push(resolve)) });
    expect(await series(metrics, "understudy_mirror_up")).toBe("0");
    const next = metrics.text();
    answers[0]?.(facts("globex"));
    answers[1]?.(facts("acme"));
    expect(await next).toContain('understudy_held_changes{source="acme"}');
    expect(await next).not.toContain('understudy_held_changes{source="globex"}');
  });

  test("the log is told once per outage", async () => {
    let answer: () => Promise<MirrorFacts> = () => Promise.reject(new Error("away"));
    const { log, warnings } = recordingLog();
    const metrics = createRunMetrics({ facts: () => answer(), log });
    for (let scrape = 0; scrape < 3; scrape += 1) expect(await series(metrics, "understudy_mirror_up")).toBe("0");
    expect(warnings).toEqual([{ error: new Error("away") }]);
    answer = async () => facts("acme");
    expect(await series(metrics, "understudy_mirror_up")).toBe("1");
    expect(warnings).toHaveLength(1);
    // Also when asking fails before there is anything to wait for.
    answer = () => {
      throw new Error("away again");
    };
    for (let scrape = 0; scrape < 2; scrape += 1) expect(await series(metrics, "understudy_mirror_up")).toBe("0");
    expect(warnings).toHaveLength(2);
  });
});

test("the reference explains every metric of ours", async () => {
  const text = await createRunMetrics({ facts: async () => facts("acme") }).text();
  const names = [...text.matchAll(/^# TYPE (understudy_\w+)/gm)].map(([, name]) => name ?? "");
  const reference = readFileSync(join(__dirname, "../../../docs/reference/http-api.md"), "utf8");
  expect(names.filter((name) => !reference.includes(`\`${name}`))).toEqual([]);
  expect(names.length).toBeGreaterThan(20);
});
