import { extname } from "node:path";
import { SingleBar } from "cli-progress";
import { Command } from "commander";
import { schema } from "../../schema/index.ts";
import type { Config } from "../config.ts";
import type { Instant } from "../domain/day.ts";
import { badInput, type ErrorCode, GatewayError } from "../errors.ts";
import { type Export, exportNames, openExport } from "../server/export/open-export.ts";
import { type Manifest, manifestOf, type Piece, piecesOf } from "../server/export/write.ts";
import type { ReadOptions } from "../upstream/budget/operation.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { type ExportTarget, TargetError } from "./export-target.ts";
import { describeUpstream, type Opened, openGateway } from "./open.ts";
import { type FileQuestion, PartFile } from "./part-file.ts";

const EXIT = { done: 0, incomplete: 1, unusable: 2 } as const;

/** `export`: a file of /export/ onto this machine, which an interrupted run goes on with. */
export function exportCommand(): Command {
  return new Command("export")
    .description(
      "Write spend, FOCUS or a list of the graph to a CSV, NDJSON or Parquet file, and a manifest to FILE.manifest.json. An incomplete file is named FILE.part; run the command again to resume it. In a bucket nothing is visible before the file is complete. Uses at most half of a minute's upstream requests. Exits with 0 if the file is complete, 1 if it is not yet, 2 if the request is invalid or its data is unavailable.",
    )
    .argument("<name>", `one of ${exportNames(schema).join(", ")}`)
    .argument("[parameters...]", "as in the URL, such as period=LAST_MONTH or range.last.days=7")
    .requiredOption(
      "--out <file>",
      "file to write, or s3://BUCKET/KEY (see AWS_ACCESS_KEY_ID); its extension, .csv, .ndjson or .parquet, sets the format",
    )
    .option(
      "--since <instant>",
      "of spend and focus, only days that were not final then: nextSince of the last manifest",
    )
    .action(run);
}

interface ExportFlags {
  readonly out: string;
  readonly since?: string;
}

async function run(name: string, parameters: readonly string[], { out, since }: ExportFlags): Promise<void> {
  const opened = await openGateway(process.env);
  if (opened === null) {
    process.exitCode = EXIT.unusable;
    return;
  }
  process.stderr.write(`${describeUpstream(opened.config)}\n`);
  const signal = untilStopped();
  try {
    const stated = since === undefined ? parameters : [...parameters, `since=${since}`];
    const requested = new URLSearchParams(stated.map(keyAndValue));
    const { rows, state, totals, sha256 } = await write(opened, name + extname(out), requested, out, signal);
    const sums = Object.entries(totals).map(([column, sum]) => `${column} ${sum}`);
    process.stdout.write(
      `${out}: ${[`${rows} rows`, ...sums, state ?? "no figures", `sha256 ${sha256}`].join(", ")}\n`,
    );
  } catch (fault) {
    const failure = signal.aborted ? STOPPED : failureOf(fault, out);
    if (failure === null) throw fault;
    process.stderr.write(`${failure.message}\n`);
    process.exitCode = failure.isUnusable ? EXIT.unusable : EXIT.incomplete;
  } finally {
    await opened.app.dispose();
  }
}

/** Stops at the first signal, so that what was begun elsewhere is removed; the second ends the process. */
function untilStopped(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
    process.once(signal, () => controller.abort());
  return controller.signal;
}

interface Failure {
  readonly message: string;
  /** True if the same command would fail again. */
  readonly isUnusable: boolean;
}

const STOPPED: Failure = { message: "Stopped before the file was complete.", isUnusable: false };

/** Null: a fault of this program. */
function failureOf(fault: unknown, out: string): Failure | null {
  if (fault instanceof GatewayError)
    return { message: fault.message, isUnusable: UNUSABLE.includes(fault.code) };
  if (fault instanceof TargetError)
    return {
      message: `Cannot write ${withoutCredentials(out)}: ${fault.message}.`,
      isUnusable: fault.isUnusable,
    };
  if (fault instanceof Error && "code" in fault)
    return { message: `Cannot write ${out}: ${fault.code}.`, isUnusable: true };
  return null;
}

/** No bucket or key has an `@`, so what is before one is of a user. */
function withoutCredentials(target: string): string {
  return target.replace(/(?<=^s3:\/\/).*@/s, "");
}

function keyAndValue(parameter: string): [key: string, value: string] {
  const sign = parameter.indexOf("=");
  if (sign < 1)
    throw badInput(`\`${parameter}\` is not a parameter; write parameters as \`period=LAST_MONTH\`.`);
  return [parameter.slice(0, sign), parameter.slice(sign + 1)];
}

/** Asked again, these would be refused again. */
const UNUSABLE: readonly ErrorCode[] = ["BAD_USER_INPUT", "NOT_FOUND", "NOT_COVERED", "NOT_CONFIGURED"];

/** How often figures may be refreshed under one run. */
const RESTARTS = 3;

async function write(
  { app, config, now }: Opened,
  file: string,
  parameters: URLSearchParams,
  out: string,
  signal: AbortSignal,
): Promise<Manifest> {
  const requested = { file, parameters: parameters.toString(), upstream: identityOf(config) };
  const target = await targetOf(out, requested, { config, now, signal });
  const spent = new Spent();
  const reader = {
    viewer: app.viewer,
    context: (options: ReadOptions) => {
      const ctx = app.context(signal, "warm", { unbounded: true, ...options });
      spent.add(ctx.upstream);
      return { ...ctx, now: () => target.begun };
    },
    visible: schema,
    onFault: () => {},
  };
  try {
    const opened = openExport(schema, reader, file, parameters);
    await writeOn(target, opened, spent);
    return await target.finish((sha256) => manifestOf(opened, target.mark, sha256), opened.lastLine);
  } finally {
    await target.close();
  }
}

interface TargetOptions {
  readonly config: Config;
  readonly now: () => Instant;
  readonly signal: AbortSignal;
}

/** Opens the place that `--out` names. The client of S3 is loaded only for it. */
async function targetOf(
  out: string,
  requested: FileQuestion,
  { config, now, signal }: TargetOptions,
): Promise<ExportTarget> {
  if (!out.startsWith("s3://")) return PartFile.open(out, requested, now());
  const { openS3File } = await import("./s3-file.ts");
  return openS3File(out, config, { begun: now(), signal });
}

/** Writes every piece that is missing, with a bar. */
async function writeOn(target: ExportTarget, { table, format }: Export, spent: Spent): Promise<void> {
  const bar = new Bar(spent);
  try {
    for (let restarts = 0; !target.mark.isComplete; restarts++) {
      try {
        for await (const piece of piecesOf(table, format, target.mark)) {
          await target.append(piece);
          await bar.show(piece);
        }
      } catch (fault) {
        const isRefreshed = fault instanceof GatewayError && fault.code === "CURSOR_EXPIRED";
        if (!isRefreshed || restarts === RESTARTS) throw fault;
        await target.unsettle();
      }
    }
  } finally {
    bar.stop();
  }
}

/** Requests of all the operations that a file has taken. */
class Spent {
  #before = 0;
  #latest: Upstream | null = null;

  add(upstream: Upstream): void {
    this.#before = this.requests;
    this.#latest = upstream;
  }

  get requests(): number {
    return this.#before + (this.#latest?.usage.requests ?? 0);
  }

  /** Remaining requests of this minute; null before the first request. */
  async left(): Promise<number | null> {
    return (await this.#latest?.left()) ?? null;
  }
}

const PARTS = 1_000;

/** How far a file is; where its end is not known beforehand, how much of it there is. */
class Bar {
  readonly #spent: Spent;
  #bar: SingleBar | null = null;

  constructor(spent: Spent) {
    this.#spent = spent;
  }

  async show({ mark: { rows }, done }: Piece): Promise<void> {
    const left = (await this.#spent.left()) ?? "all";
    const figures = { rows, requests: this.#spent.requests, left };
    const place = Math.floor((done ?? 0) * PARTS);
    if (this.#bar === null) {
      const counted = "{rows} rows | {requests} upstream requests, {left} left this minute";
      this.#bar = new SingleBar({
        format: done === null ? counted : `{bar} {percentage}% | ${counted} | about {eta_formatted} left`,
        stream: process.stderr,
        noTTYOutput: true,
        notTTYSchedule: 10_000,
        hideCursor: true,
        etaBuffer: 30,
      });
      this.#bar.start(PARTS, place, figures);
    }
    this.#bar.update(place, figures);
  }

  stop(): void {
    this.#bar?.stop();
  }
}

/** Tells the upstream and its organizations from others: a file is not gone on with by the figures of another one. */
function identityOf(config: Config): string {
  const keys = config.tenants.flatMap(({ credentials }) =>
    Object.values(credentials).map((credential) => credential?.fingerprint ?? ""),
  );
  return [describeUpstream(config), ...keys].join(" ");
}
