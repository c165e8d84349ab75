import { useEffect, useState } from "react";
import { formatCount } from "../../charts/format.ts";
import { fetchPlan } from "../gateway-fetcher.ts";

interface Plan {
  readonly requests: number;
  readonly lookups: number;
  readonly unsure: number;
  readonly seconds: number;
  readonly allowances: readonly { readonly left: number; readonly limit: number }[];
}

/** Choices in quick succession are planned once. */
const SETTLED_MS = 400;

/** Says what a query would cost in upstream requests, before it is run. */
export function PlanLine({ query }: { readonly query: string }) {
  const [planned, setPlanned] = useState<{ query: string; text: string; isOver: boolean } | null>(null);
  useEffect(() => {
    let isOld = false;
    const timer = setTimeout(async () => {
      const { text, isOver } = await planOf(query);
      if (!isOld) setPlanned({ query, text, isOver });
    }, SETTLED_MS);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [query]);
  const isCurrent = planned?.query === query;
  return (
    <p role="status" className={isCurrent && planned.isOver ? "builder-cost over" : "builder-cost"}>
      {isCurrent ? planned.text : "Planning …"}
    </p>
  );
}

interface Line {
  readonly text: string;
  readonly isOver: boolean;
}

async function planOf(query: string): Promise<Line> {
  try {
    return planLine(await fetchPlan({ query }));
  } catch {
    return { text: "The gateway did not answer.", isOver: true };
  }
}

/** The plan of a query in a sentence, or why there is none. */
export function planLine({ errors, extensions }: Awaited<ReturnType<typeof fetchPlan>>): Line {
  const plan = extensions?.plan as Plan | undefined;
  if (plan === undefined) return { text: errors?.[0]?.message ?? "The gateway made no plan.", isOver: true };
  return { text: planText(plan), isOver: false };
}

/** A plan in a sentence. */
function planText({ requests, lookups, unsure, seconds, allowances }: Plan): string {
  const count = requests + lookups;
  const most = unsure > 0 ? `, up to ${formatCount(count + unsure)}` : "";
  if (count + unsure === 0) return "No upstream requests: all of it is stored.";
  const left = Math.min(...allowances.map((each) => each.left));
  const spare = Number.isFinite(left) ? `, of ${formatCount(left)} left this minute` : "";
  const wait = seconds > 0 ? `. The last one leaves in ${formatCount(Math.ceil(seconds))} s` : "";
  return `${count === 1 ? "1 upstream request" : `${formatCount(count)} upstream requests`}${most}${spare}${wait}.`;
}
