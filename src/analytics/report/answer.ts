import { isRefusal } from "../../upstream/errors/refusal.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { refuseExpired } from "./expired-days.ts";
import type { ReportPlan, ReportPlans } from "./plan.ts";

/**
 * Answers by the first plan that upstream lets the gateway read. A source that upstream refuses is passed over for a while, if
 * another one can answer.
 */
export async function answerBy<Measure, Answer>(
  upstream: Upstream,
  plans: ReportPlans<Measure>,
  ask: (plan: ReportPlan<Measure>) => Promise<Answer>,
): Promise<Answer> {
  const [plan, ...others] = plans;
  await refuseExpired(upstream, plan);
  const [next, ...rest] = others;
  if (next === undefined) return ask(plan);
  const instead = () => answerBy(upstream, [next, ...rest], ask);
  try {
    const answer = await upstream.attempt(plan.resource.endpoint.dataset, () => ask(plan));
    return answer ?? (await instead());
  } catch (fault) {
    if (!isRefusal(fault)) throw fault;
    const answer = await instead();
    upstream.remember(fault);
    return answer;
  }
}
