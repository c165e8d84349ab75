import { type OrganizationKind, organizationName } from "../../domain/organization.ts";
import type { ReportQuestion } from "../../domain/report.ts";
import { badInput, type GatewayError } from "../../errors.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { isInTenant, keyText } from "../organizations.ts";
import { type Obstacle, obstacleTo } from "./obstacle.ts";
import type { Report, ReportChoice, ReportSource } from "./report.ts";
import { dimensionsKnown, sourcesOf } from "./sources.ts";

const NOTHING: Obstacle = { what: "does not answer this" };

/** Returns the error that says why each source of a choice cannot answer, and which source or organization can. */
export function unanswerable<Measure>(
  upstream: Upstream,
  report: Report<Measure>,
  choice: ReportChoice,
  question: ReportQuestion,
): GatewayError {
  const chosen = sourcesOf(report, choice);
  const obstacles = chosen.map((source) => ({ source, ...(obstacleTo(source, question) ?? NOTHING) }));
  const name = `\`${organizationName(upstream.tenant, choice.organization)}\``;
  const [first, ...others] = obstacles;
  if (first === undefined) return badInput(`${name} has no such report.`);
  const isOne = others.every(({ what }) => what === first.what);
  const what = isOne
    ? `${choice.source === "AUTO" ? name : `${choice.source} of ${name}`} ${first.what}`
    : `${name} cannot answer this: ${obstacles.map(({ source, what }) => `${source.source} ${what}`).join("; ")}`;
  const elsewhere = elsewhereFor(upstream, report, choice, question);
  const hints = [others.length === 0 ? first.instead : undefined, elsewhere];
  const sentence = [what, ...hints.filter((hint) => typeof hint === "string")].join("; ");
  const isDeadEnd = elsewhere === null && others.length > 0;
  return badInput(`${sentence}.${isDeadEnd ? " `datasets` describes each one." : ""}`);
}

/** Returns who can answer instead: another source of the organization, another organization, or one that has the unknown dimensions. */
function elsewhereFor<Measure>(
  upstream: Upstream,
  report: Report<Measure>,
  { organization, source }: ReportChoice,
  question: ReportQuestion,
): string | null {
  const able = report.sources.filter((each) => obstacleTo(each, question) === null);
  const sibling = able.find((each) => each.organization === organization && each.source !== source);
  if (sibling !== undefined) return `\`source: ${sibling.source}\` can`;
  const ask = (kind: OrganizationKind) =>
    `use \`organization: "${organizationName(upstream.tenant, kind)}"\` (${keyText(upstream, kind)})`;
  const isThere = (each: ReportSource<unknown>) => isInTenant({ upstream }, each.organization);
  const other = able.find((each) => each.organization !== organization && isThere(each));
  if (other !== undefined)
    return `\`${organizationName(upstream.tenant, other.organization)}\` can: ${ask(other.organization)}`;
  const own = report.sources.filter((each) => each.organization === organization);
  const unknown = dimensionsOfQuestion(question).filter(
    (dimension) => !own.some((each) => knows(each, dimension)),
  );
  const known = unknown.flatMap((dimension) => {
    const knower = report.sources.find((each) => isThere(each) && knows(each, dimension));
    return knower === undefined
      ? []
      : [
          `${dimension} is a dimension of \`${organizationName(upstream.tenant, knower.organization)}\`: ${ask(knower.organization)}`,
        ];
  });
  return known.length === 0 ? null : known.join("; ");
}

function dimensionsOfQuestion({ groupBy, filter }: ReportQuestion): string[] {
  return [...new Set([...groupBy, ...Object.keys(filter)])];
}

function knows({ names }: ReportSource<unknown>, dimension: string): boolean {
  return (dimensionsKnown(names) as string[]).includes(dimension) || Object.hasOwn(names.filter, dimension);
}
