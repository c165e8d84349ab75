import { formatInstant, MISSING } from "../../charts/format.ts";
import { NumberCell } from "../../charts/number-cell.tsx";
import { Defined } from "../../charts/stat.tsx";
import { definitionOf } from "../define.ts";
import { sentenceCase } from "../names.ts";
import { Panel, type PanelProps } from "../panel.tsx";
import { ShareOf } from "./share-of.tsx";

const TODAY = {};

/** The rate limits of the Messages API, those used most first. */
export function RateLimits({ span }: { readonly span: PanelProps<"RateLimits">["span"] }) {
  return (
    <Panel
      title="Rate limits, busiest minute"
      onDemand="Show rate limits"
      document="RateLimits"
      variables={TODAY}
      span={span}
      height={320}
      answerRows="rateLimits.groups.limits"
      empty="No rate limits are set."
    >
      {({ rateLimits }) => {
        const rows = (rateLimits?.groups ?? [])
          .flatMap(({ groupId, type, displayName, limits }) =>
            limits.map((limit) => ({
              key: `${type} ${groupId ?? ""} ${limit.type}`,
              group: displayName ?? sentenceCase(type),
              ...limit,
            })),
          )
          .toSorted((a, b) => Number(b.peak?.share ?? -1) - Number(a.peak?.share ?? -1));
        if (rateLimits === null || rows.length === 0) return null;
        return (
          <>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
            <section className="table-frame tall" aria-label="Rate limits" tabIndex={0}>
              <table>
                <caption className="visually-hidden">
                  Rate limits and the busiest minute of {rateLimits.day}
                </caption>
                <thead>
                  <tr>
                    <th scope="col">Limit</th>
                    <th scope="col" className="numeric">
                      <Defined term="A minute" definition={definitionOf("RateLimiter.enforced")} />
                    </th>
                    <th scope="col" className="numeric">
                      <Defined term="Most used" definition={definitionOf("PeakMinute.used")} />
                    </th>
                    <th scope="col" className="share-of">
                      <span className="visually-hidden">Share of the limit</span>
                    </th>
                    <th scope="col">
                      <Defined term="At" definition={definitionOf("PeakMinute.at")} isAtEnd />
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map(({ key, group, type, enforced, peak }) => (
                    <tr key={key}>
                      <th scope="row">
                        {group}
                        <span className="ranking-detail">{sentenceCase(type)}</span>
                      </th>
                      <NumberCell unit="count" value={enforced} />
                      <NumberCell unit="count" value={peak?.used} />
                      <ShareOf share={peak?.share ?? null} isSerious={Number(peak?.share ?? 0) >= 0.8} />
                      <td className="muted">{peak === null ? MISSING : formatInstant(peak.at)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
            <p className="compare-note">
              A dash: nothing was used on {rateLimits.day}, or usage does not measure the limit.
            </p>
          </>
        );
      }}
    </Panel>
  );
}
