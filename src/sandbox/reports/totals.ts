import { type Fact, listUnits, netUnits, tokensOf } from "../ledger/fact.ts";
import { COMPONENTS, COST_TYPE, type Component, Sum, TOKEN_TYPE } from "../ledger/prices.ts";

/** Tokens and requests of a group. */
export class UsageTotals {
  uncached = 0;
  write5m = 0;
  write1h = 0;
  read = 0;
  output = 0;
  searches = 0;
  requests = 0;
  total = 0;

  add(fact: Fact): void {
    this.uncached += fact.uncached;
    this.write5m += fact.write5m;
    this.write1h += fact.write1h;
    this.read += fact.read;
    this.output += fact.output;
    this.searches += fact.searches;
    this.requests += fact.requests;
    this.total += tokensOf(fact);
  }

  /** The measures both families of reports write alike. */
  wire() {
    return {
      cache_creation: { ephemeral_1h_input_tokens: this.write1h, ephemeral_5m_input_tokens: this.write5m },
      cache_read_input_tokens: this.read,
      output_tokens: this.output,
      server_tool_use: { web_search_requests: this.searches },
      uncached_input_tokens: this.uncached,
    };
  }
}

/** Which of the two components of cost split the rows. */
export interface Split {
  readonly costType: boolean;
  readonly tokenType: boolean;
}

/** A row of cost: what a group came to, or one component of it. */
export interface CostLine {
  readonly costType: string | null;
  readonly tokenType: string | null;
  readonly net: bigint;
  readonly list: bigint;
}

/** Money of a group, in hundred-millionths of a cent. */
export class CostTotals {
  readonly net = new Sum();
  readonly list = new Sum();
  requests = 0;
  private readonly parts: Readonly<Record<Component, { net: Sum; list: Sum }>> | null;

  constructor({ costType, tokenType }: Split) {
    this.parts = costType || tokenType ? newParts() : null;
  }

  add(fact: Fact): void {
    this.requests += fact.requests;
    this.net.add(netUnits(fact));
    this.list.add(listUnits(fact));
    if (this.parts === null) return;
    for (const component of COMPONENTS) {
      const count = fact[component];
      if (count === 0) continue;
      this.parts[component].net.add(count * fact.rate.net[component]);
      this.parts[component].list.add(count * fact.rate.list[component]);
    }
  }

  /** The group split as asked, dearest first; components of nothing are left out. */
  lines(split: Split): CostLine[] {
    if (this.parts === null) {
      return [{ costType: null, tokenType: null, net: this.net.units, list: this.list.units }];
    }
    const lines = new Map<string, CostLine>();
    for (const component of COMPONENTS) {
      const { net, list } = this.parts[component];
      if (list.units === 0n) continue;
      const costType = split.costType ? COST_TYPE[component] : null;
      const tokenType = split.tokenType ? TOKEN_TYPE[component] : null;
      const key = `${costType} ${tokenType}`;
      const line = lines.get(key) ?? { costType, tokenType, net: 0n, list: 0n };
      lines.set(key, { ...line, net: line.net + net.units, list: line.list + list.units });
    }
    return [...lines.values()].sort((a, b) => (a.net === b.net ? 0 : a.net > b.net ? -1 : 1));
  }
}

function newParts(): Readonly<Record<Component, { net: Sum; list: Sum }>> {
  const part = () => ({ net: new Sum(), list: new Sum() });
  return {
    uncached: part(),
    write5m: part(),
    write1h: part(),
    read: part(),
    output: part(),
    searches: part(),
    executions: part(),
    sessionMinutes: part(),
  };
}
