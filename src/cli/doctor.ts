import { Command } from "commander";
import { clockFrom } from "../clock.ts";
import type { ShapeDifference } from "./doctor/contract/compare.ts";
import { type ContractReport, compareContract, questionsFor } from "./doctor/contract/report.ts";
import { type Examination, examine } from "./doctor/examine.ts";
import type { Finding } from "./doctor/finding.ts";
import { checkSettings } from "./doctor/settings-check.ts";
import { checkStore } from "./doctor/store-check.ts";

interface Flags {
  readonly json: boolean;
  readonly contract: boolean;
}

const EXIT = { healthy: 0, problem: 1, notCompared: 2 } as const;

/** `doctor`: examines the settings and what they depend on. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description(
      "Check the settings, the keys and their scopes, enrolment, the clock, the store, the proxy and the issuer, and say what to do. Prints no key, and no name or address of a person. Makes at most ten upstream requests for two keys, which count in the minute, and tries each once. Exits with 0 if there is no problem, else 1.",
    )
    .option("--json", "print one JSON document", false)
    .option(
      "--contract",
      "instead ask each upstream endpoint once, some thirty requests at half of the minute, and compare the answers with the contract; prints paths and types, and no figure or name. Exits with 0 if all are equal, 1 after a difference, 2 if an endpoint could not be compared",
      false,
    )
    .action(({ json, contract }: Flags) => (contract ? contractDoctor(json) : doctor(json)));
}

async function doctor(json: boolean): Promise<void> {
  const examination = await examine(process.env, {
    onStart(most) {
      if (most > 0) process.stderr.write(`At most ${most} upstream requests.\n`);
    },
  });
  process.stdout.write(
    json ? written({ healthy: isHealthy(examination), ...examination }) : textOf(examination),
  );
  process.exitCode = isHealthy(examination) ? EXIT.healthy : EXIT.problem;
}

function isHealthy({ findings }: Examination): boolean {
  return findings.every(({ status }) => status !== "problem");
}

function written(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

const MARKS = {
  ok: "ok",
  warning: "warning",
  problem: "PROBLEM",
  skipped: "skipped",
} as const satisfies { [S in Finding["status"]]: string };

function textOf({ findings, requests }: Examination): string {
  const count = (status: Finding["status"]) => findings.filter((each) => each.status === status).length;
  const lines = findings.map(({ status, check, text, action }) =>
    [MARKS[status].padEnd(8), check.padEnd(11), text, ...(action === null ? [] : [action])].join(" "),
  );
  return [
    ...lines,
    "",
    `Problems: ${count("problem")}; warnings: ${count("warning")}; upstream requests: ${requests}.`,
    "",
  ].join("\n");
}

async function contractDoctor(json: boolean): Promise<void> {
  const { config, faulty } = checkSettings(process.env);
  const questions = questionsFor(config);
  if (faulty.size > 0 || questions.length === 0) {
    process.stderr.write(
      faulty.size > 0
        ? "A setting is invalid; doctor without --contract says which.\n"
        : "No key is set, and the sandbox keeps to the contract; set ANTHROPIC_ANALYTICS_KEY or ANTHROPIC_ADMIN_KEY.\n",
    );
    process.exitCode = EXIT.notCompared;
    return;
  }
  process.stderr.write(
    `At most ${questions.length} upstream requests, one for each endpoint, at no more than half of the minute.\n`,
  );
  const { store } = await checkStore(config);
  const report = await compareContract(config, { store, now: clockFrom(config.clock) });
  await store?.dispose();
  process.stdout.write(json ? written(report) : contractText(report));
  process.exitCode = exitOf(report);
}

function exitOf({ endpoints }: ContractReport): number {
  if (endpoints.some(({ differences, unreadable }) => (differences ?? []).length > 0 || unreadable !== null))
    return EXIT.problem;
  return endpoints.some(({ differences }) => differences === null) ? EXIT.notCompared : EXIT.healthy;
}

function contractText({ endpoints, requests }: ContractReport): string {
  const lines = endpoints.flatMap(({ dataset, path, differences, why, unreadable }) => {
    const subject = `${dataset.padEnd(24)} ${path}`.trimEnd();
    if (differences === null) return [`${subject}: not compared (${why})`];
    if (differences.length === 0 && unreadable === null) return [`${subject}: as in the contract`];
    return [
      `${subject}:`,
      ...differences.map((each) => `  ${differenceText(each)}`),
      ...(unreadable === null ? [] : [`  the gateway cannot read ${unreadable}`]),
    ];
  });
  return [...lines, "", `${requests} upstream requests.`, ""].join("\n");
}

function differenceText({ kind, path, expected, found, isEverywhere }: ShapeDifference): string {
  const where = isEverywhere ? "everywhere" : "in places";
  if (kind === "new") return `${path}: new, ${found.join(" or ")} (${where})`;
  if (kind === "missing") return `${path}: missing (${where})`;
  return `${path}: ${found.join(" or ")} instead of ${expected.join(" or ")} (${where})`;
}
