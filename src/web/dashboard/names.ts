/** Names of products as people know them; new ones are shown as upstream names them. */
const PRODUCTS: Readonly<Record<string, string>> = {
  chat: "Chat",
  claude_ai: "Claude.ai",
  claude_code: "Claude Code",
  claude_code_cli: "Claude Code CLI",
  claude_code_web: "Claude Code on the web",
  claude_code_review: "Code review",
  claude_design: "Claude Design",
  claude_in_chrome: "Claude in Chrome",
  claude_science: "Claude Science",
  claude_tag: "Claude Tag",
  chat_cowork_unified: "Chat and Cowork",
  chat_cowork: "Chat and Cowork",
  cowork: "Cowork",
  office: "Office",
  other: "Other, as upstream counts it",
  api: "API",
  messages_api: "Messages API",
  message_batches_api: "Message Batches API",
  managed_agents_api: "Managed Agents API",
};

export function nameOfProduct(product: string | null): string {
  if (product === null) return "Without product";
  return PRODUCTS[product] ?? sentenceCase(product);
}

/** Turns a name of the wire into words: `edit_tool` is `Edit tool`. */
export function sentenceCase(name: string): string {
  const words = name.replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1).toLowerCase();
}
/** A person in a list: the name, else the address or pseudonym. */
export function nameOfPerson({
  name,
  email,
}: {
  readonly name?: string | null;
  readonly email: string | null;
}): string {
  return name ?? email ?? "Deleted account";
}
