/** Returns the name of a type behind its indefinite article: "an ApiKey", or "A User" at the begin of a sentence. */
export function withArticle(typename: string, article: "a" | "A" = "a"): string {
  return `${/^(?!U[ns])[AEIOU]/.test(typename) ? `${article}n` : article} ${typename}`;
}
