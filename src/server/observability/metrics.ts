import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { DeliveryCount } from "../../cache/alert-store.ts";
import type { SpendBudget, SpendBudgetState } from "../../domain/budget.ts";
import { DATASETS, type Dataset } from "../../domain/dataset.ts";
import { organizationName, type Tenant } from "../../domain/organization.ts";
import { GatewayError, Outage } from "../../errors.ts";
import { ConfigError } from "../../settings/config-error.ts";
import { DATASET_ENDPOINTS } from "../../upstream/dataset-endpoints.ts";
import { ORGANIZATION_OF_KEY } from "../../upstream/endpoint.ts";
import { HttpFailure } from "../../upstream/http/http-failure.ts";
import type { UpstreamObserver, UpstreamState } from "../../upstream/observer.ts";
import type { Completion, RequestRecord } from "../http/request-record.ts";
import { outcomeOf } from "./outcome.ts";

/** All figures of one metric, as one process sends them to another. */
export interface MetricFigures {
  readonly name: string;
  readonly type: string;
}

/** Figures of one process about its requests, its upstream and itself, for Prometheus. No label is about a person, a caller or a key. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #operations = new Set<string>();
  readonly #requests: Counter<"kind" | "operation" | "outcome">;
  readonly #durations: Histogram<"kind" | "operation">;
  readonly #answers: Counter<"cache">;
  readonly #faults: Counter<"dependency">;
  /** Measures the upstream of the process. */
  readonly observer: UpstreamObserver;

  constructor(version: string) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    new Gauge({
      name: "claude_gateway_info",
      help: "Always 1, with the version of the gateway.",
      labelNames: ["version"],
      aggregator: "max",
      registers,
    }).set({ version }, 1);
    new Gauge({
      name: "claude_gateway_processes",
      help: "Processes that answer requests and that this scrape counts.",
      registers,
    }).set(1);
    this.#requests = new Counter({
      name: "claude_gateway_requests_total",
      help: "Completed requests, without probes, by kind, operation and outcome: OK, LEFT (the client went away) or the code of the first error.",
      labelNames: ["kind", "operation", "outcome"],
      registers,
    });
    this.#durations = new Histogram({
      name: "claude_gateway_request_duration_seconds",
      help: "Time from the arrival of a request to the end of its answer, by kind and operation.",
      labelNames: ["kind", "operation"],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    });
    this.#answers = new Counter({
      name: "claude_gateway_answers_total",
      help: "GraphQL requests by cache: hit, answered from an answer kept as bytes; miss, executed or refused.",
      labelNames: ["cache"],
      registers,
    });
    this.#faults = new Counter({
      name: "claude_gateway_faults_total",
      help: "Logged faults and outages, by the dependency at fault; gateway: an error in the gateway itself.",
      labelNames: ["dependency"],
      registers,
    });
    // From 0 on, so that the first fault is an increase.
    for (const dependency of DEPENDENCIES) this.#faults.inc({ dependency }, 0);
    this.observer = upstreamObserver(this.#registry);
  }

  /** Counts a request. `trusted` is the name of its document, if that is trusted. */
  completed(record: RequestRecord, trusted: string | null, completion: Completion): void {
    const kind = record.kind ?? "other";
    const operation = this.#operationOf(record, trusted);
    this.#requests.inc({ kind, operation, outcome: outcomeOf(record.codes, completion) });
    this.#durations.observe({ kind, operation }, (performance.now() - record.startedMs) / 1_000);
    if (kind === "graphql") this.#answers.inc({ cache: record.isKept ? "hit" : "miss" });
  }

  fault(fault: unknown): void {
    const isOfFile = fault instanceof ConfigError; // one that was read again
    const dependency = fault instanceof Outage ? dependencyOf(fault) : isOfFile ? "file" : "gateway";
    this.#faults.inc({ dependency });
  }

  /** States the budget, the exports and the access of an upstream at each scrape. */
  watch(states: readonly UpstreamState[]): void {
    watchBudgets(this.#registry, states);
    watchDatasets(this.#registry, states);
  }

  /** States at each scrape how the budgets stand and what was delivered, of all replicas together. */
  watchAlerts(alerts: WatchedAlerts): void {
    watchBudgetsOfOperator(this.#registry, alerts);
    watchDeliveries(this.#registry, alerts);
  }

  /** Returns the figures in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Returns the figures as data, for the process that adds up those of the workers. */
  async json(): Promise<readonly MetricFigures[]> {
    const figures: readonly object[] = await this.#registry.getMetricsAsJSON();
    return figures as readonly MetricFigures[];
  }

  /** A name that the operator or the query library has chosen: a caller could invent any number of others. */
  #operationOf({ kind, operation }: RequestRecord, trusted: string | null): string {
    if (operation === null) return "none";
    const name = kind === "export" ? operation.name : trusted;
    if (name === null) return "other";
    if (this.#operations.has(name)) return name;
    if (this.#operations.size >= MAX_OPERATIONS) return "other";
    this.#operations.add(name);
    return name;
  }
}

/** The most operations and files that have a label of their own: each has about twenty time series. */
const MAX_OPERATIONS = 200;

const DEPENDENCIES = ["gateway", "upstream", "store", "archive", "alerts", "issuer", "file"] as const;

function dependencyOf({ about: { store, part, dataset, path } }: Outage): (typeof DEPENDENCIES)[number] {
  if (store !== undefined) return part ?? "store";
  if (dataset !== undefined) return "upstream";
  return path === undefined ? "issuer" : "file";
}

function upstreamObserver(registry: Registry): UpstreamObserver {
  const registers = [registry];
  const requests = new Counter({
    name: "claude_gateway_upstream_requests_total",
    help: "Upstream requests, retries included, by dataset, organization (where the operator names several) and outcome: the HTTP status, or network, timeout, body, oversize, resting (paused after failures) or fault.",
    labelNames: ["dataset", "organization", "outcome"],
    registers,
  });
  const durations = new Histogram({
    name: "claude_gateway_upstream_request_duration_seconds",
    help: "Time of an upstream request, body included, by dataset.",
    labelNames: ["dataset"],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  const waits = new Histogram({
    name: "claude_gateway_upstream_wait_seconds",
    help: "Time that an upstream request waited for its place in the minute, by family and priority.",
    labelNames: ["family", "priority"],
    buckets: [0.001, 0.1, 1, 5, 10, 20, 30, 60],
    registers,
  });
  const pages = new Counter({
    name: "claude_gateway_pages_total",
    help: "Pages that operations were given, by level (memory, joined, shared, archive, upstream) and state (open, settling, final, stale).",
    labelNames: ["level", "state"],
    registers,
  });
  return {
    waited: (family, priority, ms) => waits.observe({ family, priority }, ms / 1_000),
    attempted(dataset, tenant, fault, ms) {
      requests.inc({ ...labelsOfDataset(tenant, dataset), outcome: attemptOutcome(fault) });
      durations.observe({ dataset }, ms / 1_000);
    },
    found: (_dataset, level, { state, stale }) =>
      pages.inc({ level, state: stale === null ? state.toLowerCase() : "stale" }),
  };
}

/** Statuses with a meaning; a host in between could send any other. */
const STATUSES: readonly unknown[] = [400, 401, 402, 403, 404, 408, 410, 422, 429, 500, 502, 503, 504, 529];

function attemptOutcome(fault: unknown): string {
  if (fault === null) return "200";
  if (!(fault instanceof HttpFailure)) return "fault";
  if (fault.status === undefined) return fault.kind;
  return STATUSES.includes(fault.status) ? String(fault.status) : "other";
}

/** Workers share a budget, so that none of their figures is added to another. */
function watchBudgets(registry: Registry, states: readonly UpstreamState[]): void {
  const shared = (figure: "limit" | "left", help: string, aggregator: "max" | "min") =>
    new Gauge({
      name: `claude_gateway_upstream_requests_${figure}`,
      help,
      labelNames: ["organization", "family"],
      aggregator,
      registers: [registry],
      async collect() {
        const budgets = await Promise.all(states.map((state) => state.budgets()));
        for (const { organization, family, ...figures } of budgets.flat())
          this.set({ organization, family }, figures[figure]);
      },
    });
  shared(
    "limit",
    "Upstream requests a minute, by organization and family (analytics: figures; lookups: names and members; spendLimits).",
    "max",
  );
  shared(
    "left",
    "Upstream requests that could be sent at once, by organization and family; 0 while upstream rejects requests.",
    "min",
  );
}

function watchDatasets(registry: Registry, states: readonly UpstreamState[]): void {
  const registers = [registry];
  const datasets = (Object.keys(DATASETS) as Dataset[]).flatMap((dataset) =>
    states.map(({ tenant, accessStatus }) => ({
      labels: labelsOfDataset(tenant, dataset),
      status: () => accessStatus(dataset),
    })),
  );
  new Gauge({
    name: "claude_gateway_watermark_timestamp_seconds",
    help: "Instant of upstream's newest known export (data_refreshed_at) by dataset, for an hour after upstream has stated it.",
    labelNames: ["dataset", "organization"],
    aggregator: "max",
    registers,
    collect() {
      this.reset();
      for (const { labels, status } of datasets) {
        const refreshedAt = status()?.refreshedAt ?? null;
        if (refreshedAt !== null) this.set(labels, refreshedAt / 1_000);
      }
    },
  });
  new Gauge({
    name: "claude_gateway_dataset_refused",
    help: "Always 1: upstream does not let the gateway read this dataset, for this reason.",
    labelNames: ["dataset", "reason", "organization"],
    aggregator: "max",
    registers,
    collect() {
      this.reset();
      for (const { labels, status } of datasets) {
        const reason = status()?.refusal ?? null;
        if (reason !== null) this.set({ ...labels, reason }, 1);
      }
    },
  });
}

/** The labels of a dataset, with its organization where the operator has named organizations: at most those of the file. */
function labelsOfDataset(tenant: Tenant | null, dataset: Dataset) {
  if (tenant === null || tenant.name === null) return { dataset };
  const kind = ORGANIZATION_OF_KEY[DATASET_ENDPOINTS[dataset].key];
  return { dataset, organization: organizationName(tenant, kind) };
}

/** Source of metrics about alerts. Both figures are of all replicas together, and fail while their store does. */
export interface WatchedAlerts {
  judgedBudgets(): Promise<
    readonly { readonly budget: SpendBudget; readonly share: string; readonly state: SpendBudgetState }[]
  >;
  counts(): Promise<readonly DeliveryCount[]>;
}

/** Budgets of people are left out: labels are about no person. */
function watchBudgetsOfOperator(registry: Registry, alerts: WatchedAlerts): void {
  const judged = async () =>
    (await alerts.judgedBudgets()).filter(({ budget: { subject } }) => subject !== "PERSON");
  const labelNames = ["organization", "budget"];
  const registers = [registry];
  new Gauge({
    name: "claude_gateway_budget_share",
    help: "Spend of a budget's current period divided by its amount, as last judged: 1 is all of it. Budgets of people are left out.",
    labelNames,
    aggregator: "max",
    registers,
    collect() {
      return whileKnown(this, async () => {
        for (const { budget, share } of await judged()) this.set(labelsOf(budget), Number(share));
      });
    },
  });
  new Gauge({
    name: "claude_gateway_budget_state",
    help: "Always 1, with the state of a budget as last judged.",
    labelNames: [...labelNames, "state"],
    aggregator: "max",
    registers,
    collect() {
      return whileKnown(this, async () => {
        for (const { budget, state } of await judged()) this.set({ ...labelsOf(budget), state }, 1);
      });
    },
  });
}

function labelsOf({ organization, name }: SpendBudget) {
  return { organization, budget: name };
}

function watchDeliveries(registry: Registry, alerts: WatchedAlerts): void {
  new Gauge({
    name: "claude_gateway_alert_deliveries",
    help: "Deliveries of recorded alerts by receiver (a webhook, or log) and state: pending, delivered, failed (given up).",
    labelNames: ["receiver", "state"],
    aggregator: "max",
    registers: [registry],
    collect() {
      return whileKnown(this, async () => {
        const counts = await alerts.counts();
        // From 0 on, so that the first failure is an increase.
        for (const { target: receiver } of counts)
          for (const state of ["pending", "delivered", "failed"]) this.set({ receiver, state }, 0);
        for (const { target: receiver, state, count } of counts)
          this.set({ receiver, state: state.toLowerCase() }, count);
      });
    },
  });
}

/** Leaves a figure out of a scrape while the store that has it cannot be read, which is logged. */
async function whileKnown(gauge: Pick<Gauge, "reset">, read: () => Promise<void>): Promise<void> {
  gauge.reset();
  try {
    await read();
  } catch (fault) {
    if (!(fault instanceof GatewayError)) throw fault;
  }
}
