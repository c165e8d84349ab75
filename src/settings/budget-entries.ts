import {
  BUDGET_PERIODS,
  type BudgetPeriod,
  type BudgetSubject,
  dollarAmount,
  type SpendBudget,
} from "../domain/budget.ts";
import type { OrganizationKind } from "../domain/organization.ts";
import { fieldsOf, type ReportEntryFault, wordsIn } from "./file-fields.ts";

const MAX_THRESHOLDS = 10;
const MAX_PERCENT = 1_000;
const MAX_ID = 200;
const DEFAULT_THRESHOLDS = [50, 80, 100] as const;

/** An organization that a budget can be of. */
export interface StatedOrganization {
  readonly name: string;
  readonly kind: OrganizationKind;
  /** Budgets that state no organization are of the first of these; named organizations have no default. */
  readonly isDefault: boolean;
}

/** The fields that name the subject of a budget, of which one has at most one; without any it is the organization. */
const SUBJECT_FIELDS = {
  team: "TEAM",
  workspace: "WORKSPACE",
  model: "MODEL",
  person: "PERSON",
  apiKey: "API_KEY",
} as const satisfies Record<string, BudgetSubject>;

type NamedSubject = (typeof SUBJECT_FIELDS)[keyof typeof SUBJECT_FIELDS];

const FORMS: { readonly [S in NamedSubject]: { readonly form: RegExp; readonly expected: string } } = {
  TEAM: { form: /\S/, expected: "the id or name of a team" },
  MODEL: { form: /\S/, expected: "the name of a model" },
  WORKSPACE: { form: /^wrkspc_\w+$/, expected: "the id of a workspace, `wrkspc_...`" },
  API_KEY: { form: /^apikey_\w+$/, expected: "the id of an API key, `apikey_...`" },
  PERSON: { form: /^(user_\w+|[^\s@]+@[^\s@]+)$/, expected: "an address, or a `user_...` id" },
};

/** The one kind of organization that reports a subject. */
const ONLY: { readonly [S in BudgetSubject]?: OrganizationKind } = {
  WORKSPACE: "CONSOLE",
  PERSON: "ENTERPRISE",
};

/** Returns a budget of the file; null after a fault. */
export function budgetIn(
  entry: unknown,
  where: string,
  organizations: readonly StatedOrganization[],
  fault: ReportEntryFault,
): SpendBudget | null {
  const subjects = Object.keys(SUBJECT_FIELDS) as (keyof typeof SUBJECT_FIELDS)[];
  const known = ["name", "organization", ...subjects, "period", "amountUsd", "thresholds"];
  const fields = fieldsOf(entry, where, known, fault);
  if (fields === null) return null;
  const name = wordsIn(fields.name, "name", where, fault);
  const amount = dollarAmount(fields.amountUsd);
  if (amount === null) fault(where, `\`amountUsd\` ${faultOfAmount(fields.amountUsd)}`);
  const period = (fields.period ?? "MONTH") as BudgetPeriod;
  if (typeof period !== "string" || !Object.hasOwn(BUDGET_PERIODS, period))
    fault(where, `\`period\` is not one of ${Object.keys(BUDGET_PERIODS).join(", ")}`);
  const stated = subjects.filter((each) => fields[each] !== undefined);
  if (stated.length > 1)
    fault(where, `has ${stated.map((each) => `\`${each}\``).join(" and ")}; a budget is about one of them`);
  const [field] = stated;
  const subject = field === undefined ? "ORGANIZATION" : SUBJECT_FIELDS[field];
  const subjectId = field === undefined ? null : subjectIn(fields[field], field, where, fault);
  const organization = organizationIn(fields.organization, subject, organizations, (what) =>
    fault(where, what),
  );
  const thresholds = thresholdsIn(fields.thresholds ?? DEFAULT_THRESHOLDS, where, fault);
  if (name === null || amount === null || thresholds === null || organization === null) return null;
  return Object.freeze({ name, organization, subject, subjectId, period, amount, thresholds });
}

/** Returns why an amount is refused, without a word of it. */
function faultOfAmount(value: unknown): string {
  if (typeof value === "number" && !Number.isInteger(value))
    return 'is a number with decimals, which JSON does not keep exactly; write it as text, such as "5000.50"';
  if (typeof value === "string" && /^\d+\.\d{3,}$/.test(value))
    return 'has more than two decimals; write it to the cent, such as "5000.50"';
  return 'is not an amount above 0 in dollars, as a whole number or a text of up to two decimals, such as 5000 or "5000.50"';
}

function subjectIn(
  value: unknown,
  field: keyof typeof SUBJECT_FIELDS,
  where: string,
  fault: ReportEntryFault,
): string | null {
  const { form, expected } = FORMS[SUBJECT_FIELDS[field]];
  if (typeof value === "string" && value.length <= MAX_ID && !/\p{Cc}/u.test(value) && form.test(value))
    return value.normalize("NFC").trim();
  fault(where, `\`${field}\` is not ${expected}`);
  return null;
}

/** Returns the name of the organization of a budget; null after a fault. */
function organizationIn(
  value: unknown,
  subject: BudgetSubject,
  organizations: readonly StatedOrganization[],
  fault: (what: string) => void,
): string | null {
  const kind = ONLY[subject] ?? null;
  const able = organizations.filter((each) => kind === null || each.kind === kind);
  const names = able.map(({ name }) => name).join(", ");
  if (able.length === 0) {
    fault(`no organization of this gateway reports the spend of a ${subject.toLowerCase()}`);
    return null;
  }
  if (value !== undefined) {
    const found = organizations.find(({ name }) => name === value);
    if (found === undefined || !able.includes(found)) {
      fault(
        found === undefined
          ? `\`organization\` is not one of ${names}`
          : `only ${names} can report the spend of a ${subject.toLowerCase()}`,
      );
      return null;
    }
    return found.name;
  }
  const [only, ...others] = able;
  const meant = others.length === 0 ? only : able.find(({ isDefault }) => isDefault);
  if (meant !== undefined) return meant.name;
  fault(`\`organization\` is missing, and several can be meant; use one of ${names}`);
  return null;
}

function thresholdsIn(value: unknown, where: string, fault: ReportEntryFault): readonly number[] | null {
  const isPercent = (each: unknown): each is number =>
    typeof each === "number" && Number.isInteger(each) && each >= 1 && each <= MAX_PERCENT;
  const entries: readonly unknown[] = Array.isArray(value) ? value : [null];
  const percents = entries.filter(isPercent);
  if (
    entries.length <= MAX_THRESHOLDS &&
    percents.length === entries.length &&
    new Set(percents).size === percents.length
  )
    return percents.toSorted((a, b) => a - b);
  fault(
    where,
    `\`thresholds\` is not a list of at most ${MAX_THRESHOLDS} different whole percents from 1 to ${MAX_PERCENT}`,
  );
  return null;
}
