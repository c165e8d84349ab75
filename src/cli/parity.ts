import { Command } from "commander";
import { nameOf } from "../analytics/organizations.ts";
import {
  type Difference,
  finalMonths,
  type Parity,
  type ParityQuestion,
  parityOf,
  parityQuestions,
} from "../analytics/parity.ts";
import type { Context } from "../context.ts";
import { formatDecimal } from "../domain/decimal.ts";
import { describeUpstream, openGateway } from "./open.ts";
import { chosenOrganizations, integerFrom, ORGANIZATION_OPTION } from "./option.ts";

interface Flags {
  readonly months: number;
  readonly organization?: string;
  readonly json: boolean;
}

const EXIT = { equal: 0, different: 1, notComparable: 2 } as const;

/** `parity`: whether the older and the newer reports agree on months that no longer move. */
export function parityCommand(): Command {
  return new Command("parity")
    .description(
      "Compare the older reports with the newer ones (beta) for final months, day by day, ungrouped and by each common dimension. Reads settings and keys from the environment, as `serve` does. Uses at most half of a minute's upstream requests. Exits with 0 if all agree, 1 if some differ, 2 if some could not be compared.",
    )
    .option("--months <number>", "number of final months, newest first", integerFrom(1, 12), 1)
    .option(...ORGANIZATION_OPTION)
    .option("--json", "print one JSON object per comparison", false)
    .action(compareMonths);
}

/** One request may wait several minutes for the upstream budget; a whole run has no limit. */
const PARITY_LIMITS = { operationTimeoutMs: 600_000, maxUpstreamRequests: Number.MAX_SAFE_INTEGER };

async function compareMonths({ months: count, organization, json }: Flags): Promise<void> {
  const opened = await openGateway(process.env, PARITY_LIMITS);
  if (opened === null) {
    process.exitCode = EXIT.notComparable;
    return;
  }
  const { app, config, now } = opened;
  const contexts = app.contexts(new AbortController().signal, "warm");
  const chosen = chosenOrganizations(contexts, organization);
  if (chosen === null) {
    await app.dispose();
    return;
  }
  const months = finalMonths(now(), count);
  const line = (text: string) => process.stdout.write(`${text}\n`);
  if (!json) line(describeUpstream(config));
  if (months.length < count)
    process.stderr.write(`Only ${months.length} months are final and still served by upstream.\n`);
  const tally = { equal: 0, different: 0, notComparable: 0 };
  for (const { ctx, organizations } of chosen)
    for (const question of months.flatMap((month) => parityQuestions(organizations, month))) {
      const parity = await parityOf(ctx, question);
      tally[verdict(parity)]++;
      line(json ? jsonOf(ctx, question, parity) : textOf(ctx, question, parity));
    }
  await app.dispose();
  const { equal, different, notComparable } = tally;
  if (!json)
    line(
      `${equal + different + notComparable} comparisons: ${equal} equal, ${different} different, ${notComparable} not comparable; ${contexts[0]?.upstream.usage.requests ?? 0} upstream requests.`,
    );
  process.exitCode =
    different > 0 ? EXIT.different : notComparable > 0 || equal === 0 ? EXIT.notComparable : EXIT.equal;
}

function verdict(parity: Parity): keyof typeof EXIT {
  if (parity.outcome !== "compared") return "notComparable";
  return parity.differences.length === 0 ? "equal" : "different";
}

/** More than these would bury the next comparison; `--json` has all of them. */
const SHOWN = 10;

function textOf(
  ctx: Context,
  { month, organization, field, groupBy }: ParityQuestion,
  parity: Parity,
): string {
  const by = groupBy === null ? "ungrouped" : `by ${groupBy}`;
  const subject = `${month.from.slice(0, 7)}  ${nameOf(ctx, organization).padEnd(10)}  ${field.padEnd(5)}  ${by.padEnd(22)}`;
  if (parity.outcome !== "compared") return `${subject}  not comparable: ${parity.why}`;
  const { rows, differences } = parity;
  if (differences.length === 0) return `${subject}  ${rows} rows equal`;
  const shown = differences.slice(0, SHOWN).map((each) => `    ${differenceText(each)}`);
  const more = differences.length - shown.length;
  return [
    `${subject}  ${differences.length} figures of ${rows} rows differ`,
    ...shown,
    ...(more > 0 ? [`    and ${more} more, which --json prints`] : []),
  ].join("\n");
}

function differenceText({ day, group, figure, older, newer }: Difference): string {
  const name = group === "remainder" ? group : JSON.stringify(group);
  return `${day} ${name} ${figure}: ${formatDecimal(older)} older, ${formatDecimal(newer)} newer`;
}

function jsonOf(
  ctx: Context,
  { month, field, organization, groupBy }: ParityQuestion,
  parity: Parity,
): string {
  const said =
    parity.outcome === "compared"
      ? {
          rows: parity.rows,
          differences: parity.differences.map(({ older, newer, ...each }) => ({
            ...each,
            older: formatDecimal(older),
            newer: formatDecimal(newer),
          })),
        }
      : { why: parity.why };
  const question = { field, organization: nameOf(ctx, organization), groupBy, ...month };
  return JSON.stringify({ ...question, outcome: parity.outcome, ...said });
}
