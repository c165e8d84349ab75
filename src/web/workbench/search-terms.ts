/** Words of readers for words of the schema and the library. Each list has one meaning. */
const SYNONYMS: readonly (readonly string[])[] = [
  ["dau", "daily active", "dailyactiveusers", "active people"],
  ["wau", "weekly active", "weeklyactiveusers"],
  ["mau", "monthly active", "monthlyactiveusers"],
  ["mtd", "month to date", "this month", "month-to-date", "month_to_date", "monthtodate"],
  ["qtd", "quarter to date", "quarter_to_date", "quartertodate"],
  ["ytd", "year to date", "year_to_date", "yeartodate"],
  ["spend", "cost", "spent", "spending", "money", "bill", "usd", "dollars", "price", "spender", "spenders"],
  ["csv", "file", "export", "download", "excel", "spreadsheet"],
  ["people", "users", "user", "members", "person", "who"],
  ["team", "teams", "department", "cost centre", "cost center"],
  ["group", "groups", "rbac"],
  ["model", "models", "opus", "sonnet", "haiku"],
  ["seat", "seats", "licence", "license", "licenses"],
  ["idle", "inactive", "unused", "did nothing", "no activity"],
  ["commit", "commits"],
  ["pr", "prs", "pull request", "pull requests", "pullrequests"],
  ["acceptance", "accepted", "acceptancerate", "accept"],
  ["cache", "cacheread", "cache-hit", "cachereadshare"],
  ["cache hit", "cache hits", "cache hit rate", "cache-hit rate", "hit rate", "cache read", "cachereadshare"],
  ["key", "keys", "api key", "apikey", "api keys"],
  ["console", "api", "platform", "workspace", "workspaces"],
  ["connector", "connectors", "mcp", "integration", "integrations"],
  ["forecast", "projection", "predict", "month-end"],
  ["per", "by", "each"],
  ["top", "most", "largest", "ranking"],
  ["trend", "series", "over time", "by day", "by week", "each day", "each week"],
  ["compare", "comparison", "against", "beside", "before"],
];

/** A text with all of its letters that are compared. `dailyActiveUsers` is also found as `daily active users`. */
function normalized(text: string): string {
  const words = text.replaceAll(/([a-z])([A-Z])/g, "$1 $2").replaceAll("_", " ");
  return ` ${text} ${words} `.toLowerCase();
}

/** Returns a word of a search with its synonyms. */
function meaningsOf(word: string): readonly string[] {
  return [word, ...SYNONYMS.filter((each) => each.includes(word)).flat()];
}

/** Groups of alternatives of a search: a text has to contain one of each. */
function readTerms(search: string): readonly (readonly string[])[] {
  const text = search.trim().toLowerCase().replaceAll(/\s+/g, " ");
  if (text === "") return [];
  const phrase = meaningsOf(text);
  if (phrase.length > 1) return [phrase];
  return text.split(" ").map(meaningsOf);
}

/** A text to search, and how much a hit in it counts. */
export type Searched = readonly [text: string, weight: number];

/** How well texts match a search; 0: not all words are found. Names count more than sentences, and words more than synonyms. */
export function matchOf(search: string, texts: readonly Searched[]): number {
  const terms = readTerms(search);
  const normal = texts.map(([text, weight]) => [normalized(text), weight] as const);
  let sum = 0;
  for (const alternatives of terms) {
    let best = 0;
    for (const [place, alternative] of alternatives.entries()) {
      for (const [text, weight] of normal) {
        const isFound = alternative.length <= 3 ? hasWord(text, alternative) : text.includes(alternative);
        if (isFound) best = Math.max(best, place === 0 ? weight : weight / 2);
      }
    }
    if (best === 0) return 0;
    sum += best;
  }
  return terms.length === 0 ? 1 : sum;
}

/** Short words are found whole only: `pr` is not in `price`. */
function hasWord(text: string, word: string): boolean {
  return text.split(/[^a-z0-9]+/).includes(word);
}
