import { SingleBar } from "cli-progress";
import { Command, InvalidArgumentError } from "commander";
import { WARMABLE, type Warmable, type WarmStep, warmSteps } from "../analytics/warm.ts";
import { GatewayError } from "../errors.ts";
import { describeUpstream, openGateway } from "./open.ts";
import { chosenOrganizations, integerFrom, ORGANIZATION_OPTION } from "./option.ts";

interface Flags {
  readonly months: number;
  readonly organization?: string;
  readonly datasets: readonly Warmable[];
  readonly recent: boolean;
}

const EXIT = { done: 0, incomplete: 1, unusable: 2 } as const;

/** `warm`: final figures into the shared store, before anybody asks for them. */
export function warmCommand(): Command {
  const kinds = Object.entries(WARMABLE).map(([name, what]) => `  ${name.padEnd(12)} ${what}`);
  return new Command("warm")
    .description(
      "Fetch final figures into the store of CACHE_URL. Uses at most half of a minute's upstream requests; clients of a running gateway come first. Run it again to resume. Exits with 0 if everything is stored, 1 if some figures could not be fetched, 2 if nothing can be stored.",
    )
    .option("--months <number>", "number of final months, newest first", integerFrom(1, 12), 3)
    .option(...ORGANIZATION_OPTION)
    .option("--datasets <names>", "datasets, separated by commas", datasets, [
      "cost",
      "usage",
      "people",
      "activity",
    ])
    .option(
      "--recent",
      "also fetch days of claude-code that can still change, including today; for one day a gateway uses them where one query cannot read them all",
      false,
    )
    .addHelpText("after", `\nDatasets:\n${kinds.join("\n")}`)
    .action(warm);
}

/** A step may wait many minutes for the rate limit. */
const BACKGROUND_LIMITS = { operationTimeoutMs: 3_600_000, maxUpstreamRequests: Number.MAX_SAFE_INTEGER };

async function warm({ months, organization, datasets: what, recent }: Flags): Promise<void> {
  const opened = await openGateway(process.env, BACKGROUND_LIMITS);
  if (opened === null) {
    process.exitCode = EXIT.unusable;
    return;
  }
  const { app, config } = opened;
  if (config.cache.store === null) {
    process.stderr.write(
      "CACHE_URL does not name a persistent store; set it to sqlite:PATH or redis://HOST.\n",
    );
    process.exitCode = EXIT.unusable;
    await app.dispose();
    return;
  }
  const contexts = app.contexts(new AbortController().signal, "warm");
  const chosen = chosenOrganizations(contexts, organization);
  if (chosen === null) {
    await app.dispose();
    return;
  }
  const steps = chosen.flatMap(({ ctx, organizations }) =>
    warmSteps(ctx, organizations, what, months, recent),
  );
  process.stderr.write(`${describeUpstream(config)}\n`);
  // One operation: its usage is that of all organizations.
  const usage = contexts[0]?.upstream.usage ?? { requests: 0, cacheHits: 0 };
  const failed = await runSteps(steps, () => usage.requests);
  await app.dispose();
  const { requests, cacheHits } = usage;
  process.stdout.write(
    `${steps.length} questions: ${steps.length - failed.length} kept, ${failed.length} failed; ${requests} upstream requests, ${cacheHits} pages already stored.\n`,
  );
  for (const line of failed) process.stderr.write(`${line}\n`);
  process.exitCode = failed.length > 0 ? EXIT.incomplete : EXIT.done;
}

/** Runs steps one after the other, with a progress bar; without a terminal, with a line now and then. */
async function runSteps(steps: readonly WarmStep[], requests: () => number): Promise<string[]> {
  const bar = new SingleBar({
    format: "{bar} {value}/{total} | {requests} upstream requests | about {eta_formatted} left | {name}",
    stream: process.stderr,
    noTTYOutput: true,
    notTTYSchedule: 10_000,
    hideCursor: true,
    etaBuffer: 30,
  });
  const failed: string[] = [];
  bar.start(steps.length, 0, { requests: 0, name: "" });
  for (const { name, run } of steps) {
    bar.update({ name });
    try {
      await run();
    } catch (fault) {
      if (!(fault instanceof GatewayError)) throw fault;
      failed.push(`${name}: ${fault.message}`);
    }
    bar.increment(1, { requests: requests(), name });
  }
  bar.stop();
  return failed;
}

function datasets(text: string): Warmable[] {
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.filter((name) => !Object.hasOwn(WARMABLE, name));
  if (unknown.length > 0)
    throw new InvalidArgumentError(
      `Unknown dataset ${unknown.join(", ")}; use one of ${Object.keys(WARMABLE).join(", ")}.`,
    );
  return names as Warmable[];
}
