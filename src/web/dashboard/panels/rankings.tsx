import { type ReactNode, useMemo } from "react";
import type { RankedRow } from "../../charts/ranked-row.ts";
import { RankingTable } from "../../charts/ranking.tsx";
import { fileLink } from "../../links.ts";
import { nameOfPerson } from "../names.ts";
import { Panel } from "../panel.tsx";
import { rangeOf } from "../place.ts";
import type { Rights } from "../viewer.ts";
import type { PlacedPanelProps } from "./active-people.tsx";
import { spendFilter } from "./filters.ts";

export interface TopPanelProps extends PlacedPanelProps {
  readonly top: number;
}

/** Height of a ranking with its head. */
export function rankingHeight(rows: number): number {
  return 28 + rows * 33;
}

/** Spend by model, with the share of each. */
export function TopModels({ place, span }: PlacedPanelProps) {
  const { period, organization } = place;
  const filter = useMemo(() => spendFilter(place), [place]);
  const variables = useMemo(
    () => ({ range: rangeOf(period), top: 8, ...(organization === null ? {} : { organization }), ...filter }),
    [period, organization, filter],
  );
  return (
    <Panel
      title="Spend by model"
      document="TopModels"
      variables={variables}
      span={span}
      height={rankingHeight(9)}
      empty="No spend in this period."
      file={fileLink("cost", {
        range: variables.range,
        groupBy: ["MODEL"],
        ...(organization === null ? {} : { organization }),
        ...filter,
      })}
    >
      {({ cost }) => {
        const rows = cost?.nodes.filter((node) => node !== null) ?? [];
        if (rows.length === 0) return null;
        return (
          <RankingTable
            title="Spend by model"
            unit="usd"
            heads={["Model", "Net spend"]}
            total={cost?.total?.net.usd ?? null}
            rows={rows.map(({ model, isOther, net }) => ({
              key: isOther ? "other" : (model ?? ""),
              label: isOther ? "Other models" : (model ?? "Without model"),
              value: net.usd,
              isOther,
            }))}
          />
        );
      }}
    </Panel>
  );
}

interface CountedProps {
  readonly title: string;
  readonly thing: string;
  readonly measure?: string;
  readonly rows: readonly (RankedRow | null)[] | undefined;
}

/** A ranking by people; null where there are no rows. */
function counted({ title, thing, measure = "People", rows = [] }: CountedProps): ReactNode {
  const present = rows.filter((row) => row !== null);
  return present.length === 0 ? null : (
    <RankingTable title={title} unit="count" heads={[thing, measure]} rows={present} />
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
    <Panel
      title="Top connectors"
      document="Connectors"
      variables={variables}
      span={span}
      height={rankingHeight(top)}
      empty="No connector was used in this period."
      file={fileLink("connectors", args)}
    >
      {({ connectors }) =>
        counted({
          title: "Connectors by people",
          thing: "Connector",
          rows: connectors?.nodes.map(
            (row) => row && { key: row.name, label: row.displayName ?? row.name, value: row.users },
          ),
        })
      }
    </Panel>
  );
}

export function TopSkills({ place, rights, span, top }: RightsPanelProps) {
  const variables = useMemo(
    () => ({ range: rangeOf(place.period), first: top, spend: rights.spend, ...engagementFilter(place) }),
    [place, rights.spend, top],
  );
  return (
    <Panel
      title="Top skills"
      document="Skills"
      variables={variables}
      span={span}
      height={rankingHeight(top)}
      empty="No skill was used in this period."
      file={fileLink("skills", { range: variables.range, ...engagementFilter(place) })}
    >
      {({ skills }) =>
        counted({
          title: "Skills by people",
          thing: "Skill",
          rows: skills?.nodes.map(
            (row) => row && { key: row.name, label: row.displayName ?? row.name, value: row.users },
          ),
        })
      }
    </Panel>
  );
}

export function TopPlugins({ place, span, top }: TopPanelProps) {
  const variables = useMemo(() => ({ range: rangeOf(place.period), first: top }), [place.period, top]);
  return (
    <Panel
      title="Top plugins"
      document="Plugins"
      variables={variables}
      span={span}
      height={rankingHeight(top)}
      empty="No plugin was used in this period."
      file={fileLink("plugins", { range: variables.range })}
    >
      {({ plugins }) =>
        counted({
          title: "Plugins by invocations",
          thing: "Plugin",
          measure: "Invocations",
          rows: plugins?.nodes.map(
            (row) => row && { key: row.pluginId ?? row.name, label: row.name, value: row.invocations },
          ),
        })
      }
    </Panel>
  );
}

export function TopProjects({ place, rights, span, top }: RightsPanelProps) {
  const variables = useMemo(
    () => ({ range: rangeOf(place.period), first: top, people: rights.people, ...engagementFilter(place) }),
    [place, rights.people, top],
  );
  return (
    <Panel
      title="Top projects"
      document="Projects"
      variables={variables}
      span={span}
      height={rankingHeight(top)}
      empty="No project was used in this period."
      file={fileLink("projects", { range: variables.range, ...engagementFilter(place) })}
    >
      {({ projects }) =>
        counted({
          title: "Projects by messages",
          thing: "Project",
          measure: "Messages",
          rows: projects?.nodes.map(
            (row, i) => row && { key: String(i), label: row.name ?? "Deleted project", value: row.messages },
          ),
        })
      }
    </Panel>
  );
}

/** People with the highest spend. Spend without a person is in the total only, so shares add up to less than one. */
export function TopSpendersPanel({ place, span, top }: TopPanelProps) {
  const filter = useMemo(() => spendFilter(place), [place]);
  const variables = useMemo(
    () => ({ range: rangeOf(place.period), first: top, ...filter }),
    [place.period, top, filter],
  );
  return (
    <Panel
      title="Top spenders"
      document="TopSpenders"
      variables={variables}
      span={span}
      height={rankingHeight(top)}
      empty="No spend in this period."
      file={fileLink("cost", { range: variables.range, groupBy: ["USER"], ...filter })}
    >
      {({ cost }) => {
        const rows = cost?.nodes.filter((node) => node !== null) ?? [];
        if (rows.length === 0) return null;
        return (
          <RankingTable
            title="Top spenders"
            unit="usd"
            heads={["Person", "Net spend"]}
            total={cost?.total?.net.usd ?? null}
            rows={rows.map((row, i) => ({ key: String(i), label: nameOfPerson(row), value: row.net.usd }))}
          />
        );
      }}
    </Panel>
  );
}

/** Spend of the Console organization by workspace. */
export function Workspaces({ place, span, top }: TopPanelProps) {
  const variables = useMemo(() => ({ range: rangeOf(place.period) }), [place.period]);
  return (
    <Panel
      title="Spend by workspace"
      document="ConsoleCost"
      variables={variables}
      span={span}
      height={rankingHeight(top)}
      empty="No spend in this period."
      file={fileLink("cost", { range: variables.range, groupBy: ["WORKSPACE"], organization: "console" })}
    >
      {({ cost }) => {
        const rows = cost?.nodes.filter((node) => node !== null) ?? [];
        if (rows.length === 0) return null;
        return (
          <RankingTable
            title="Spend by workspace"
            unit="usd"
            heads={["Workspace", "Net spend"]}
            total={cost?.total?.net.usd ?? null}
            rows={rows.map(({ workspace, net }, i) => ({
              key: String(i),
              label: workspace?.name ?? (workspace?.isDefault ? "Default workspace" : "Without workspace"),
              value: net.usd,
            }))}
          />
        );
      }}
    </Panel>
  );
}
