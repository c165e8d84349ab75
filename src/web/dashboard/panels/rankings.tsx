import { useMemo, useState } from "react";
import type { ResultOf } from "../../client/documents.ts";
import { fileLink } from "../../links.ts";
import { nameOfPerson } from "../names.ts";
import { comparisonFor, rangeOf } from "../place.ts";
import type { Rights } from "../viewer.ts";
import type { PlacedPanelProps } from "./active-people.tsx";
import { spendFilter } from "./filters.ts";
import { RankingPanel } from "./ranking-panel.tsx";

export interface TopPanelProps extends PlacedPanelProps {
  readonly top: number;
}

interface TopModelsProps extends PlacedPanelProps {
  /** Where there is room, beside the period before. */
  readonly isCompared?: boolean;
}

/** Most models; the others are one row. */
const MODELS = 8;

/** Spend by model, with the share of each. */
export function TopModels({ place, span, isCompared = false }: TopModelsProps) {
  const { period, organization, compare } = place;
  const args = useMemo(
    () => ({
      range: rangeOf(period),
      ...(organization === null ? {} : { organization }),
      ...spendFilter(place),
    }),
    [place, period, organization],
  );
  const variables = useMemo(
    () => ({
      ...args,
      top: MODELS,
      ...(isCompared && compare !== "off" ? { compare: comparisonFor(period) } : {}),
    }),
    [args, isCompared, compare, period],
  );
  return (
    <RankingPanel
      title="Spend by model"
      document="TopModels"
      variables={variables}
      span={span}
      top={MODELS + 1}
      unit="usd"
      heads={["Model", "Net spend"]}
      empty="No spend in this period."
      file={fileLink("cost", { ...args, groupBy: ["MODEL"] })}
      total={({ cost }) => cost?.total?.net.usd}
      comparedWith={({ cost }) => cost?.totalComparison?.range}
      rows={({ cost }) =>
        cost?.nodes.map(
          (row) =>
            row && {
              key: row.isOther ? "other" : (row.model ?? ""),
              label: row.isOther ? "Other models" : (row.model ?? "Without model"),
              value: row.net.usd,
              before: row.comparison?.net?.before.usd ?? null,
              isOther: row.isOther,
            },
        )
      }
    />
  );
}

interface RightsPanelProps extends TopPanelProps {
  readonly rights: Rights;
}

/** Narrows a list of things that people use to the group that the place names. */
function engagementFilter({ group }: TopPanelProps["place"]) {
  return group === null ? {} : { filter: { groups: [group] } };
}

export function TopConnectors({ place, span, top }: TopPanelProps) {
  const variables = useMemo(
    () => ({ range: rangeOf(place.period), first: top, ...engagementFilter(place) }),
    [place, top],
  );
  const { first: _, ...args } = variables;
  return (
    <RankingPanel
      title="Top connectors"
      document="Connectors"
      variables={variables}
      span={span}
      top={top}
      unit="count"
      heads={["Connector", "People"]}
      empty="No connector was used in this period."
      file={fileLink("connectors", args)}
      rows={({ connectors }) =>
        connectors?.nodes.map(
          (row) => row && { key: row.name, label: row.displayName ?? row.name, value: row.users },
        )
      }
    />
  );
}

export function TopSkills({ place, rights, span, top }: RightsPanelProps) {
  const variables = useMemo(
    () => ({ range: rangeOf(place.period), first: top, spend: rights.spend, ...engagementFilter(place) }),
    [place, rights.spend, top],
  );
  return (
    <RankingPanel
      title="Top skills"
      document="Skills"
      variables={variables}
      span={span}
      top={top}
      unit="count"
      heads={["Skill", "People"]}
      empty="No skill was used in this period."
      file={fileLink("skills", { range: variables.range, ...engagementFilter(place) })}
      rows={({ skills }) =>
        skills?.nodes.map(
          (row) => row && { key: row.name, label: row.displayName ?? row.name, value: row.users },
        )
      }
    />
  );
}

/** True for a name that other rows have as well. */
function isOneOfSeveral(
  { name }: { readonly name: string | null },
  all: readonly ({ readonly name: string | null } | null)[],
): boolean {
  return all.filter((each) => each?.name === name).length > 1;
}

export function TopPlugins({ place, span, top }: TopPanelProps) {
  const variables = useMemo(() => ({ range: rangeOf(place.period), first: top }), [place.period, top]);
  return (
    <RankingPanel
      title="Top plugins"
      document="Plugins"
      variables={variables}
      span={span}
      top={top}
      unit="count"
      heads={["Plugin", "Invocations"]}
      empty="No plugin was used in this period."
      file={fileLink("plugins", { range: variables.range })}
      rows={({ plugins }) =>
        plugins?.nodes.map(
          (row, _i, all) =>
            row && {
              key: row.pluginId ?? row.name,
              label: row.name,
              value: row.invocations,
              ...(row.pluginId !== null && isOneOfSeveral(row, all) && { detail: row.pluginId }),
            },
        )
      }
    />
  );
}

export function TopProjects({ place, rights, span, top }: RightsPanelProps) {
  const variables = useMemo(
    () => ({ range: rangeOf(place.period), first: top, people: rights.people, ...engagementFilter(place) }),
    [place, rights.people, top],
  );
  return (
    <RankingPanel
      title="Top projects"
      document="Projects"
      variables={variables}
      span={span}
      top={top}
      unit="count"
      heads={["Project", "Messages"]}
      empty="No project was used in this period."
      file={fileLink("projects", { range: variables.range, ...engagementFilter(place) })}
      rows={({ projects }) =>
        projects?.nodes.map(
          (row, i, all) =>
            row && {
              key: String(i),
              label: row.name ?? "Deleted project",
              value: row.messages,
              ...(row.creatorEmail != null && isOneOfSeveral(row, all) && { detail: row.creatorEmail }),
            },
        )
      }
    />
  );
}

/** People with the highest spend. Spend without a person is in the total only, so shares add up to less than one. */
export function TopSpendersPanel({ place, span, top }: TopPanelProps) {
  const [areTeamsShown, setAreTeamsShown] = useState(false);
  const filter = useMemo(() => spendFilter(place), [place]);
  const variables = useMemo(
    () => ({
      range: rangeOf(place.period),
      first: top,
      status: false,
      ...filter,
      ...(areTeamsShown ? { teams: true } : {}),
    }),
    [place.period, top, filter, areTeamsShown],
  );
  return (
    <RankingPanel
      title="Top spenders"
      document="TopSpenders"
      variables={variables}
      span={span}
      top={top}
      unit="usd"
      heads={["Person", "Net spend"]}
      hasDetails
      empty="No spend in this period."
      actions={
        <button
          type="button"
          className="button small no-print"
          aria-pressed={areTeamsShown}
          title="Where RBAC groups are the teams, their members are looked up once a day"
          onClick={() => setAreTeamsShown(!areTeamsShown)}
        >
          Teams<span className="visually-hidden"> of top spenders</span>
        </button>
      }
      file={fileLink("cost", { range: variables.range, groupBy: ["USER"], ...filter })}
      total={({ cost }) => cost?.total?.net.usd}
      rows={({ cost }) =>
        cost?.nodes.map(
          (row, i) =>
            row && { key: String(i), label: nameOfPerson(row), value: row.net.usd, ...detailOf(row) },
        )
      }
    />
  );
}

type Spender = NonNullable<NonNullable<ResultOf<"TopSpenders">["cost"]>["nodes"][number]>;

/** The address of a person who has a name, and the teams if they are asked for. */
function detailOf({ name, email, user }: Spender): { readonly detail?: string } {
  const teams = user?.teams?.map((team) => team.name);
  const parts = [
    ...(name !== null && email !== null ? [email] : []),
    ...(teams === undefined ? [] : [teams.length === 0 ? "no team" : teams.join(", ")]),
  ];
  return parts.length === 0 ? {} : { detail: parts.join(" · ") };
}

/** Spend of the Console organization by workspace. */
export function Workspaces({ place, span, top }: TopPanelProps) {
  const variables = useMemo(() => ({ range: rangeOf(place.period) }), [place.period]);
  return (
    <RankingPanel
      title="Spend by workspace"
      document="ConsoleCost"
      variables={variables}
      span={span}
      top={top}
      unit="usd"
      heads={["Workspace", "Net spend"]}
      empty="No spend in this period."
      file={fileLink("cost", { range: variables.range, groupBy: ["WORKSPACE"], organization: "console" })}
      total={({ cost }) => cost?.total?.net.usd}
      rows={({ cost }) =>
        cost?.nodes.map(
          (row, i) =>
            row && {
              key: String(i),
              label: nameOfWorkspace(row.workspace),
              value: row.net.usd,
            },
        )
      }
    />
  );
}

interface WorkspaceName {
  readonly name: string | null;
  readonly isDefault: boolean;
}

function nameOfWorkspace(workspace: WorkspaceName | null): string {
  return workspace?.name ?? (workspace?.isDefault ? "Default workspace" : "Without workspace");
}

/** Spend of the Console organization by API key, each with its workspace. */
export function ApiKeySpend({ place, span, top }: TopPanelProps) {
  const variables = useMemo(() => ({ range: rangeOf(place.period), first: top }), [place.period, top]);
  return (
    <RankingPanel
      title="Spend by API key"
      document="CostByApiKey"
      variables={variables}
      span={span}
      top={top}
      unit="usd"
      heads={["API key", "Net spend"]}
      hasDetails
      empty="No spend in this period."
      file={fileLink("cost", {
        range: variables.range,
        groupBy: ["WORKSPACE", "API_KEY"],
        organization: "console",
      })}
      total={({ cost }) => cost?.total?.net.usd}
      note={({ cost }) =>
        cost?.pageInfo.hasNextPage ? `The ${top} largest are shown; the file has all.` : null
      }
      rows={({ cost }) =>
        cost?.nodes.map(
          (row, i) =>
            row && {
              key: String(i),
              label: row.apiKey === null ? "Without a key" : (row.apiKey.name ?? "Deleted key"),
              detail: nameOfWorkspace(row.workspace),
              value: row.net.usd,
            },
        )
      }
    />
  );
}
