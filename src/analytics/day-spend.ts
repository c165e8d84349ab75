import type { Context } from "../context.ts";
import type { RiseSubject } from "../domain/alert.ts";
import type { Day } from "../domain/day.ts";
import { type MoneyAmount, NO_MONEY, plusMoney } from "../domain/money.ts";
import type { OrganizationKind } from "../domain/organization.ts";
import { oneDay } from "../domain/range.ts";
import type { ReportQuestion } from "../domain/report.ts";
import { leftOutOf } from "./children.ts";
import { costReport } from "./cost.ts";
import { answerBy } from "./report/answer.ts";
import { plansFor } from "./report/plan.ts";
import { readReport } from "./report/read.ts";
import { rankByTeam } from "./team-report.ts";

interface DaySpend {
  readonly bySubject: ReadonlyMap<string, MoneyAmount>;
  /** Usage that it can lack; null: nothing is known to be missing. */
  readonly notIncluded: string | null;
}

/**
 * Returns the net spend of one day by subject: by the id of each team or API key, or under the empty text for the organization.
 * Subjects without spend are missing, and so are teams that the viewer may not see.
 */
export async function spendOfDay(
  ctx: Context,
  organization: OrganizationKind,
  subject: RiseSubject,
  day: Day,
): Promise<DaySpend> {
  const groupBy = subject === "ORGANIZATION" ? [] : [subject];
  const question: ReportQuestion = {
    range: oneDay(day),
    bucket: "NONE",
    groupBy,
    filter: {},
    ...(subject === "TEAM" && { overlap: "COUNT_IN_EACH" }),
  };
  const plans = plansFor(ctx.upstream, costReport, { organization, source: "AUTO" }, question, ctx.now());
  return answerBy(ctx.upstream, plans, async (plan) => {
    const { rows } = subject === "TEAM" ? await rankByTeam(ctx, plan) : await readReport(ctx.upstream, plan);
    const spend = new Map<string, MoneyAmount>();
    for (const { team, apiKeyId, groupSize, measure } of rows) {
      if (!(groupSize?.isEnough ?? true)) continue;
      const id =
        subject === "ORGANIZATION"
          ? ""
          : subject === "API_KEY"
            ? apiKeyId
            : team?.kind === "team"
              ? team.team.teamId
              : null;
      if (id !== null) spend.set(id, plusMoney(spend.get(id) ?? NO_MONEY, measure.net));
    }
    return { bySubject: spend, notIncluded: leftOutOf(plan) };
  });
}
