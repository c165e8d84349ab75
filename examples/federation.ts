// The supergraph of a gateway with FEDERATION=on and of other subgraphs, as text for Hive Gateway or the Apollo Router.
import { composeServices } from "@theguild/federation-composition";
import { parse } from "graphql";

export interface Subgraph {
  readonly name: string;
  readonly url: string;
  /** Its schema in its own language. */
  readonly sdl: string;
}

/** The subgraph that a gateway serves, as far as the caller may query it. */
export async function usageSubgraph(url: string, headers: Record<string, string> = {}): Promise<Subgraph> {
  const body = JSON.stringify({ query: "{ _service { sdl } }" });
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
  const { data, errors } = (await response.json()) as {
    readonly data?: { readonly _service: { readonly sdl: string } } | null;
    readonly errors?: readonly { readonly message: string }[];
  };
  if (!data) throw new Error(errors?.[0]?.message ?? `${url} answers ${response.status}`);
  return { name: "usage", url, sdl: data._service.sdl };
}

/** Composes subgraphs. Throws with what does not fit together. */
export function supergraphOf(subgraphs: readonly Subgraph[]): string {
  const services = subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }));
  const { supergraphSdl, errors = [] } = composeServices(services);
  if (supergraphSdl === undefined) throw new Error(errors.map(({ message }) => message).join("\n"));
  return supergraphSdl;
}
