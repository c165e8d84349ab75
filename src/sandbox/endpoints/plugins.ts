import type { Endpoint } from "../endpoint.ts";
import { Distinct } from "../engagement/counting.ts";
import { type Listing, listed } from "../engagement/listing.ts";
import {
  aggregates,
  engagementParameters,
  groupKeys,
  type Question,
  question,
} from "../engagement/question.ts";
import type { Ledger } from "../ledger.ts";
import { PLUGINS, type Plugin } from "../organization/plugins.ts";
import type { Cell } from "../reports/cells.ts";

class PluginSums {
  readonly users = new Distinct();
  readonly installers = new Distinct();
  readonly sessions = { claude_code: new Distinct(), cowork: new Distinct() };
  invocations = 0;
}

export const plugins = (ledger: Ledger): Endpoint<Cell<PluginSums>> => ({
  path: "/v1/organizations/analytics/plugins",
  keys: ["enterprise"],
  scope: "read:analytics",
  rateLimit: "analytics",
  version: "optional",
  parameters: engagementParameters(/^(plugin_name|product|rbac_group_id|user_id):.+$/, [
    "product",
    "rbac_group_id",
    "user_id",
  ]),
  paging: { style: "token", limit: { default: 100, max: 1000 } },
  answer(request) {
    const { query, now } = request;
    const requested = question(request, ["claude_code", "cowork", "chat_cowork_unified"]);
    const sessions = ({ count }: Distinct) => ({
      distinct_session_plugin_used_count: aggregates(requested) ? null : count,
    });
    return listed(ledger, requested, query, now, listing(requested), ({ key, sums }) => {
      const plugin = BY_KEY.get(String(key[0])) as Plugin;
      return {
        plugin_name: plugin.name,
        plugin_id: plugin.id,
        ...groupKeys(ledger.organization, requested, key.slice(1), now),
        distinct_user_count: sums.users.count,
        install_count: plugin.installsKnown ? sums.installers.count : null,
        invocation_count: sums.invocations,
        claude_code_metrics: sessions(sums.sessions.claude_code),
        cowork_metrics: sessions(sums.sessions.cowork),
      };
    });
  },
});

/** Sorts by name; the id parts those of one name. */
const keyOf = ({ name, id }: Plugin) => `${name} ${id ?? ""}`;

const BY_KEY = new Map(PLUGINS.map((plugin) => [keyOf(plugin), plugin]));

function listing({ filters }: Question): Listing<PluginSums> {
  const names = filters.plugin_name && new Set(filters.plugin_name.map((name) => name.toLowerCase()));
  const keys = PLUGINS.map((plugin) =>
    names === undefined || names.has(plugin.name.toLowerCase()) ? keyOf(plugin) : null,
  );
  return {
    name: "plugins",
    column: "plugin_name",
    thing: ({ engagement }) => (engagement.plugin === null ? null : (keys[engagement.plugin] ?? null)),
    sums: () => new PluginSums(),
    add(sums, { engagement: { surface, thread, pluginCalls, pluginInstalled }, person }) {
      sums.users.add(person.index);
      if (pluginInstalled) sums.installers.add(person.index);
      sums.invocations += pluginCalls;
      if (pluginCalls > 0 && (surface === "claude_code" || surface === "cowork")) {
        sums.sessions[surface].add(thread);
      }
    },
    metrics: {
      invocation_count: ({ invocations }) => invocations,
      distinct_user_count: ({ users }) => users.count,
      install_count: ({ installers }) => installers.count,
    },
  };
}
