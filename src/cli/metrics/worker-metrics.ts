import { setTimeout } from "node:timers/promises";
import { AggregatorRegistry } from "prom-client";
import type { MetricFigures } from "../../server/observability/metrics.ts";

/** Reads the metrics of one worker. */
export type ReadMetrics = () => Promise<readonly MetricFigures[]>;

/** How long a scrape waits for a worker. */
const MAX_WAIT_MS = 2_000;

/** Adds up the metrics of workers. No counter falls when a worker ends or does not answer in time: Prometheus would see a restart. */
export class WorkerMetrics {
  readonly #last = new Map<ReadMetrics, readonly MetricFigures[]>();
  /** Counters of workers that have ended, added up. */
  #ended: readonly MetricFigures[] = [];

  add(read: ReadMetrics): void {
    this.#last.set(read, []);
  }

  /** Keeps what a worker has counted up to its last scrape. */
  async ended(read: ReadMetrics): Promise<void> {
    const last = this.#last.get(read);
    this.#last.delete(read);
    if (last === undefined) return;
    const counted = last.filter(({ type }) => type === "counter" || type === "histogram");
    const figures: readonly object[] = await sum([this.#ended, counted]).getMetricsAsJSON();
    this.#ended = figures as readonly MetricFigures[];
  }

  /** Prometheus' text format, of all workers together. */
  async text(): Promise<string> {
    await Promise.all([...this.#last.keys()].map((read) => this.#refresh(read)));
    return sum([this.#ended, ...this.#last.values()]).metrics();
  }

  async #refresh(read: ReadMetrics): Promise<void> {
    const late = new AbortController();
    const metrics = await Promise.race([
      read().catch(() => null), // it ends
      setTimeout(MAX_WAIT_MS, null, { signal: late.signal }).catch(() => null),
    ]);
    late.abort();
    if (metrics !== null && this.#last.has(read)) this.#last.set(read, metrics);
  }
}

function sum(metrics: readonly (readonly MetricFigures[])[]) {
  return AggregatorRegistry.aggregate([...metrics]);
}
