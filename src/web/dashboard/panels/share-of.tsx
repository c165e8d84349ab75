import { formatInColumn, formatNumber } from "../../charts/format.ts";

/** A bar of how much of an amount is used, with its percentage. An amount that is used up fills it. */
export function ShareOf({
  share,
  isSerious,
}: {
  readonly share: string | null;
  readonly isSerious: boolean;
}) {
  return (
    <td className="share-of" title={formatNumber(share, "share").exact}>
      <svg width="100%" height="8" aria-hidden="true">
        <rect width="100%" height="8" rx="2" fill="var(--hover)" />
        <rect
          width={`${Math.min(100, 100 * Number(share ?? 0))}%`}
          height="8"
          rx="2"
          fill={isSerious ? "var(--accent-2)" : "var(--accent-1)"}
        />
      </svg>
      <span className="numeric">{formatInColumn(share, "share")}</span>
    </td>
  );
}
