import type { Fact } from "../ledger/fact.ts";
import type { Ledger } from "../ledger.ts";
import type { Organization } from "../organization.ts";
import type { Value } from "../reports/cells.ts";
import { actorKeysOf, peopleOf } from "./actor.ts";
import { groupsOf, type SingleDimension, valueIn } from "./dimensions.ts";
import { FILTERS } from "./parameters.ts";
import type { Question } from "./question.ts";

/** The facts a question is about, every filter applied. */
export function* factsOf(ledger: Ledger, requested: Question): Iterable<Fact> {
  const { kind, span, watermark, filters } = requested;
  if (watermark === null) return;
  const { organization } = ledger;
  const wanted = Object.keys(filters).flatMap((name) => {
    const dimension = FILTERS[name as keyof typeof FILTERS];
    if (dimension === "rbac_group_id") return [];
    return [
      { of: valueIn(organization, dimension), set: wantedOf(organization, requested, dimension, name) },
    ];
  });
  const groups = wantedGroups(organization, requested);
  const actorIds = filters["actor_ids[]"];
  const people = actorIds && peopleOf(actorKeysOf(organization, kind, actorIds));
  const seen = { from: span.from, until: Math.min(span.until, watermark) };
  next: for (const fact of ledger.facts(kind, seen, watermark, people)) {
    // Work under a subscription is recorded by the Console but not billed through it.
    if (kind === "console" && fact.api === null) continue;
    for (const { of, set } of wanted) if (!set.has(of(fact))) continue next;
    if (groups !== null && !groupsOf(organization, fact).some((id) => id !== null && groups.has(id)))
      continue;
    yield fact;
  }
}

function wantedOf(
  organization: Organization,
  { kind, filters }: Question,
  dimension: SingleDimension,
  name: string,
): ReadonlySet<Value> {
  const values = filters[name] ?? [];
  if (dimension === "actor") return actorKeysOf(organization, kind, values);
  if (dimension === "organization_id") {
    const { id, uuid } = organization.directories[kind];
    return new Set(values.map((value) => (value === id ? uuid : value)));
  }
  // The one way to ask for usage without a value.
  const none = dimension === "inference_geo" ? "not_available" : "";
  const hasNone = dimension === "inference_geo" || dimension === "api_key_id";
  return new Set(values.map((value) => (hasNone && value === none ? null : value)));
}

/** The groups that `rbac_group_ids[]` names by either spelling; null where it was not sent. */
export function wantedGroups({ groups }: Organization, { filters }: Question): ReadonlySet<string> | null {
  const ids = filters["rbac_group_ids[]"];
  return ids === undefined ? null : new Set(ids.flatMap((id) => groups.find(id)?.id ?? []));
}
