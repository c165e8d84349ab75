import { Command, InvalidArgumentError, Option } from "commander";
import { clockFrom } from "../clock.ts";
import { parseInstant } from "../domain/day.ts";
import { CURRENCIES, type Currency } from "../sandbox/limits/billing.ts";
import { createSandbox } from "../sandbox/sandbox.ts";
import { serveSandbox } from "../sandbox/server.ts";
import { cannotListen } from "./listen.ts";
import { integerFrom } from "./option.ts";

interface Flags {
  readonly host: string;
  readonly port: number;
  readonly users: number;
  readonly seed: number;
  readonly now: number | null;
  readonly rateLimit: "on" | "off";
  readonly retryAfter: "on" | "off";
  readonly latencyMs: number;
  readonly unified: "on" | "off";
  readonly hipaa: keyof typeof HIPAA;
  readonly children: number;
  readonly billingCurrency: Currency;
  readonly spendReadings: "on" | "off";
  readonly usageCredits: "on" | "off";
}

/** The organizations with HIPAA readiness. */
const HIPAA = {
  none: [],
  enterprise: ["enterprise"],
  console: ["console"],
  both: ["enterprise", "console"],
} as const;

/** Each takes the memory of an organization. */
const MAX_CHILDREN = 9;

/** `sandbox`: the simulated REST APIs on a port of their own. */
export function sandboxCommand(): Command {
  return new Command("sandbox")
    .description("Serve the simulated REST APIs over HTTP, for the gateway, the official client or curl.")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <number>", "port to listen on; 0 takes any free one", integerFrom(0, 65_535), 4010)
    .option("--users <number>", "members of the organization, 20 to 100000", integerFrom(20, 100_000), 250)
    .option("--seed <number>", "the same seed gives the same organization", integerFrom(0, 2 ** 31), 1)
    .addOption(
      new Option("--now <instant>", "instant the clock starts at, such as 2026-11-22T12:00:00Z")
        .argParser(instant)
        .default(null, "the real clock"),
    )
    .addOption(
      new Option("--rate-limit <on|off>", "refuse more requests a minute than upstream would")
        .choices(["on", "off"])
        .default("on"),
    )
    .addOption(
      new Option("--retry-after <on|off>", "say in a 429 how long to wait")
        .choices(["on", "off"])
        .default("on"),
    )
    .addOption(
      new Option("--unified <on|off>", "answer /analytics/usage and /analytics/cost, which are in beta")
        .choices(["on", "off"])
        .default("on"),
    )
    .addOption(
      new Option(
        "--hipaa <organizations>",
        "organizations with HIPAA readiness, which are refused both of these",
      )
        .choices(Object.keys(HIPAA))
        .default("none"),
    )
    .option(
      "--children <number>",
      "children of the organization, which have the seeds that follow; the last of several has HIPAA readiness",
      integerFrom(0, MAX_CHILDREN),
      0,
    )
    .addOption(
      new Option("--billing-currency <code>", "currency of spend limits").choices(CURRENCIES).default("USD"),
    )
    .addOption(
      new Option(
        "--spend-readings <on|off>",
        "read what people have spent of their limits, or 0 for everyone",
      )
        .choices(["on", "off"])
        .default("on"),
    )
    .addOption(
      new Option("--usage-credits <on|off>", "answer /spend_limits, which needs usage credits")
        .choices(["on", "off"])
        .default("on"),
    )
    .option("--latency-ms <number>", "wait before each answer", integerFrom(0, 60_000), 0)
    .action(serve);
}

async function serve({
  host,
  port,
  users,
  seed,
  now,
  rateLimit,
  retryAfter,
  latencyMs,
  unified,
  hipaa,
  children,
  billingCurrency,
  spendReadings,
  usageCredits,
}: Flags): Promise<void> {
  const clock = clockFrom(now);
  const sandbox = createSandbox({
    users,
    seed,
    now: clock,
    rateLimit,
    retryAfter: retryAfter === "on",
    latencyMs,
    unified,
    hipaa: HIPAA[hipaa],
    children,
    spend: { currency: billingCurrency, readings: spendReadings, credits: usageCredits },
  });
  const listener = await serveSandbox(sandbox, { host, port }).catch((error: NodeJS.ErrnoException) => {
    process.stderr.write(cannotListen(error, { host, port }));
    process.exit(1);
  });
  process.stdout.write(
    [
      `Sandbox on ${listener.url}: ${users} users, seed ${seed}, clock ${new Date(clock()).toISOString()}, rate limit ${rateLimit}`,
      "keys: any that begin with sk-ant-api01- (Enterprise) or sk-ant-admin01- (Console); one that ends with -seed7 is of the organization of seed 7",
      `Try: curl -s '${listener.url}/v1/organizations/me' -H 'x-api-key: sk-ant-api01-sandbox' -H 'anthropic-version: 2026-10-21'`,
      "",
    ].join("\n"),
  );
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.once(signal, () => void listener.close().then(() => process.exit(0)));
  }
}

function instant(text: string): number {
  const time = parseInstant(text);
  if (time === null) throw new InvalidArgumentError("It must be an instant such as 2026-11-22T12:00:00Z.");
  return time;
}
