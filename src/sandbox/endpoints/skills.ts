import { OFFICE_OVERAGE_MEASURED } from "../coverage.ts";
import type { Endpoint } from "../endpoint.ts";
import { Distinct, estimates } from "../engagement/counting.ts";
import { type Listing, listed } from "../engagement/listing.ts";
import { engagementParameters, groupKeys, type Question, question } from "../engagement/question.ts";
import { ThreadsBySurface } from "../engagement/surfaces.ts";
import { listUnits, netUnits } from "../ledger/fact.ts";
import { enterpriseCents, Sum } from "../ledger/prices.ts";
import type { Ledger } from "../ledger.ts";
import type { Skill } from "../organization/catalog.ts";
import type { Organization } from "../organization.ts";
import type { Cell } from "../reports/cells.ts";

class SkillSums {
  readonly users = new Distinct();
  readonly threads = new ThreadsBySurface();
  readonly list = new Sum();
  readonly net = new Sum();
  invocations = 0;
  enabled = 0;
}

export const skills = (ledger: Ledger): Endpoint<Cell<SkillSums>> => ({
  path: "/v1/organizations/analytics/skills",
  keys: ["enterprise"],
  scope: "read:analytics",
  rateLimit: "analytics",
  version: "optional",
  parameters: engagementParameters(/^(product|rbac_group_id|share_status|skill_name|user_id):.+$/, [
    "product",
    "rbac_group_id",
    "user_id",
  ]),
  paging: { style: "token", limit: { default: 100, max: 1000 } },
  answer(request) {
    const { query, now } = request;
    const { organization } = ledger;
    const requested = question(request);
    const isComplete =
      !requested.isRange && requested.groupBy.length === 0 && Object.keys(requested.filters).length === 0;
    const byKey = new Map(organization.catalog.skills.map((skill) => [skill.key, skill]));
    return listed(ledger, requested, query, now, listing(organization, requested), ({ key, sums }) => {
      const skill = byKey.get(String(key[0])) as Skill;
      const about = estimates(requested, key.join(" "));
      return {
        skill_name: skill.key,
        skill_display_name: skill.displayName,
        share_status: skill.share,
        ...groupKeys(organization, requested, key.slice(1), now),
        distinct_user_count: sums.users.count,
        invocation_count: sums.invocations,
        enable_count: isComplete ? sums.enabled : null,
        ...spend(sums, requested, key[1 + requested.groupBy.indexOf("product")] as string),
        ...sums.threads.wire("skill_used_count", about),
      };
    });
  },
});

function listing({ catalog }: Organization, { filters }: Question): Listing<SkillSums> {
  const names = filters.skill_name && new Set(filters.skill_name.map((name) => name.toLowerCase()));
  const shares = filters.share_status && new Set<string | null>(filters.share_status);
  const isWanted = ({ key, displayName, share }: Skill) =>
    (names === undefined || names.has(key.toLowerCase()) || names.has((displayName ?? "").toLowerCase())) &&
    (shares === undefined || shares.has(share));
  const keys = catalog.skills.map((skill) => (isWanted(skill) ? skill.key : null));
  return {
    name: "skills",
    column: "skill_name",
    thing: ({ engagement }) => (engagement.skill === null ? null : (keys[engagement.skill] ?? null)),
    sums: () => new SkillSums(),
    add(sums, { fact, engagement, person }) {
      sums.users.add(person.index);
      sums.threads.add(engagement);
      sums.invocations += engagement.skillCalls;
      if (engagement.skillEnabled) sums.enabled += 1;
      sums.net.add(netUnits(fact));
      if (engagement.surface !== "chat") sums.list.add(listUnits(fact));
    },
    metrics: {
      invocation_count: ({ invocations }) => invocations,
      distinct_user_count: ({ users }) => users.count,
    },
  };
}

/** `product`: that of the row where rows are grouped by it. */
function spend({ list, net }: SkillSums, { filters, groupBy, days }: Question, product: string) {
  const only = groupBy.includes("product") ? [product] : (filters.product ?? []);
  const isCut = (name: string) => only.length > 0 && only.every((each) => each === name);
  const overage = isCut("office_agent") && days.from < OFFICE_OVERAGE_MEASURED ? null : net.units / 2n;
  const attributed = isCut("chat") || list.units === 0n ? null : list.units;
  return {
    estimated_overage_spend: overage === null ? null : enterpriseCents(overage),
    attributed_list_price: attributed === null ? null : enterpriseCents(attributed),
    currency: overage === null && attributed === null ? null : "USD",
  };
}
