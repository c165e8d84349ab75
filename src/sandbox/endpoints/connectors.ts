import { AUTH_MEASURED, READ_WRITE_MEASURED } from "../coverage.ts";
import type { Endpoint } from "../endpoint.ts";
import { Distinct, estimates } from "../engagement/counting.ts";
import { type Listing, listed } from "../engagement/listing.ts";
import { engagementParameters, groupKeys, type Question, question } from "../engagement/question.ts";
import { ThreadsBySurface } from "../engagement/surfaces.ts";
import type { Ledger } from "../ledger.ts";
import type { Connector } from "../organization/catalog.ts";
import type { Organization } from "../organization.ts";
import type { Cell } from "../reports/cells.ts";

class ConnectorSums {
  readonly users = new Distinct();
  readonly managed = new Distinct();
  readonly individual = new Distinct();
  readonly threads = new ThreadsBySurface();
  reads = 0;
  writes = 0;
  unclassified = 0;
}

export const connectors = (ledger: Ledger): Endpoint<Cell<ConnectorSums>> => ({
  path: "/v1/organizations/analytics/connectors",
  keys: ["enterprise"],
  scope: "read:analytics",
  rateLimit: "analytics",
  version: "optional",
  parameters: engagementParameters(/^(connector_name|product|rbac_group_id|user_id):.+$/, [
    "product",
    "rbac_group_id",
    "user_id",
  ]),
  paging: { style: "token", limit: { default: 100, max: 1000 } },
  answer(request) {
    const { query, now } = request;
    const { organization } = ledger;
    const requested = question(request);
    const byKey = new Map(organization.catalog.connectors.map((connector) => [connector.key, connector]));
    const isSplit = requested.days.from >= READ_WRITE_MEASURED;
    const people = ({ count }: Distinct) =>
      requested.days.from < AUTH_MEASURED || count === 0 ? null : count;
    return listed(ledger, requested, query, now, listing(organization, requested), ({ key, sums }) => ({
      connector_name: String(key[0]),
      connector_display_name: byKey.get(String(key[0]))?.displayName ?? null,
      ...groupKeys(organization, requested, key.slice(1), now),
      distinct_user_count: sums.users.count,
      individual_auth_distinct_user_count: people(sums.individual),
      managed_auth_distinct_user_count: people(sums.managed),
      read_call_count: isSplit ? sums.reads : null,
      write_call_count: isSplit ? sums.writes : null,
      unclassified_call_count: isSplit ? sums.unclassified : null,
      ...sums.threads.wire("connector_used_count", estimates(requested, key.join(" "))),
    }));
  },
});

function listing({ catalog }: Organization, { filters }: Question): Listing<ConnectorSums> {
  const names = filters.connector_name && new Set(filters.connector_name.map((name) => name.toLowerCase()));
  const isWanted = ({ key, displayName, rawName }: Connector) =>
    names === undefined || [key, displayName ?? "", rawName].some((name) => names.has(name.toLowerCase()));
  const keys = catalog.connectors.map((connector) => (isWanted(connector) ? connector.key : null));
  return {
    name: "connectors",
    column: "connector_name",
    thing: ({ engagement }) => (engagement.connector === null ? null : (keys[engagement.connector] ?? null)),
    sums: () => new ConnectorSums(),
    add(sums, { engagement, person }) {
      sums.users.add(person.index);
      (engagement.managedAuth ? sums.managed : sums.individual).add(person.index);
      sums.threads.add(engagement);
      sums.reads += engagement.reads;
      sums.writes += engagement.writes;
      sums.unclassified += engagement.unclassifiedCalls;
    },
    metrics: {
      distinct_user_count: ({ users }) => users.count,
      read_call_count: ({ reads }) => reads,
      write_call_count: ({ writes }) => writes,
    },
  };
}
