import { BUDGET_STATES, type SpendBudgetState } from "../domain/budget.ts";
import { type Day, type Instant, parseDay } from "../domain/day.ts";
import { parseDecimal } from "../domain/decimal.ts";

/** How a budget stood in the period of the day when it was judged. */
export interface JudgedBudget {
  /** Digest of its name. */
  readonly budget: string;
  /** Spend divided by the amount. */
  readonly share: string;
  readonly state: SpendBudgetState;
}

/** The newest judgement of a tenant, as the replicas share it. */
export interface Judgement {
  readonly at: Instant;
  /** Digest of the rules. */
  readonly rules: string;
  /** Some of it failed for now, and is repeated soon. */
  readonly isPartial: boolean;
  readonly organizations: Readonly<
    Record<
      string,
      {
        readonly watermark: Instant | null;
        /** The newest day that rises have been judged for. */
        readonly risesOn: Day | null;
        /** The newest month that is known to be final, by its first day. */
        readonly finalMonth: Day | null;
      }
    >
  >;
  readonly budgets: readonly JudgedBudget[];
}

type Fields<T> = { readonly [K in keyof T]?: unknown } | null;

/** Reads a judgement; null for one of another form, which another version of the gateway has written. */
export function judgementIn(text: string): Judgement | null {
  const judgement: unknown = JSON.parse(text);
  const { at, rules, isPartial, organizations, budgets }: NonNullable<Fields<Judgement>> = Object(judgement);
  if (!Number.isSafeInteger(at) || typeof rules !== "string" || typeof isPartial !== "boolean") return null;
  const areOrganizations = Object.values(Object(organizations)).every((each) => {
    const { watermark, risesOn, finalMonth }: { readonly [K in string]?: unknown } = Object(each);
    const areDays = [risesOn, finalMonth].every((day) => day === null || parseDay(String(day)) !== null);
    return areDays && (watermark === null || Number.isSafeInteger(watermark));
  });
  const areBudgets =
    Array.isArray(budgets) &&
    budgets.every((each) => {
      const { budget, share, state }: NonNullable<Fields<JudgedBudget>> = Object(each);
      return (
        typeof budget === "string" &&
        parseDecimal(String(share)) !== null &&
        Object.hasOwn(BUDGET_STATES, String(state))
      );
    });
  return areOrganizations && areBudgets ? (judgement as Judgement) : null;
}
