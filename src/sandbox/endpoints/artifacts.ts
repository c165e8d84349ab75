import type { Endpoint } from "../endpoint.ts";
import { Distinct } from "../engagement/counting.ts";
import { actsOf, groupKeys, groupKeysOf, type Question, question } from "../engagement/question.ts";
import type { Artifact } from "../ledger/fact.ts";
import type { Ledger } from "../ledger.ts";
import { type Cell, Cells, compareKeys } from "../reports/cells.ts";

class ArtifactSums {
  readonly users = new Distinct();
  created = 0;
  published = 0;
}

/** One row per type and sharing, or per type, sharing and group; the values of `group_by[]` follow in its key. */
export const artifacts = (ledger: Ledger): Endpoint<Cell<ArtifactSums>> => ({
  path: "/v1/organizations/analytics/artifacts",
  keys: ["enterprise"],
  scope: "read:analytics",
  rateLimit: "analytics",
  version: "optional",
  parameters: {
    date: { type: "day", required: true },
    "filter[]": {
      type: "list",
      maxItems: 100,
      pattern: /^(artifact_type|is_shared|product|rbac_group_id|user_id):.+$/,
    },
    "group_by[]": { type: "list", maxItems: 100, values: ["product", "rbac_group_id", "user_id"] },
  },
  paging: { style: "token", limit: { default: 100, max: 1000 }, pagedWith: "group_by[]" },
  answer(request) {
    const requested = question(request, ["chat", "claude_code", "cowork", "chat_cowork_unified"]);
    const rows = ledger.answers.remember(
      ["artifacts", requested],
      () => cellsOf(ledger, requested),
      ({ length }) => length,
    );
    return {
      rows,
      render: ({ key: [type, shared, ...values], sums }) => ({
        artifact_type: type,
        is_shared: shared === "true",
        ...groupKeys(ledger.organization, requested, values, request.now),
        artifacts_created_count: sums.created,
        published_artifacts_created_count: sums.published,
        distinct_user_count: sums.users.count,
      }),
    };
  },
});

function cellsOf(ledger: Ledger, requested: Question): readonly Cell<ArtifactSums>[] {
  const cells = new Cells(() => new ArtifactSums());
  const isWanted = wantedBy(requested);
  const keys = groupKeysOf(ledger.organization, requested);
  for (const act of actsOf(ledger, requested)) {
    for (const artifact of act.engagement.artifacts) {
      if (!isWanted(artifact)) continue;
      for (const key of keys(act)) {
        const sums = cells.at([artifact.type, String(artifact.isShared), ...key]);
        sums.users.add(act.person.index);
        sums.created += 1;
        if (artifact.isPublished) sums.published += 1;
      }
    }
  }
  return cells.list().toSorted((a, b) => compareKeys(a.key, b.key));
}

function wantedBy({ filters }: Question): (artifact: Artifact) => boolean {
  const types = filters.artifact_type && new Set(filters.artifact_type);
  const sharing = filters.is_shared && new Set(filters.is_shared);
  return ({ type, isShared }) =>
    (types === undefined || types.has(type)) && (sharing === undefined || sharing.has(String(isShared)));
}
