/** Hive Gateway over the text of a supergraph. It passes on who asks. */
export function hiveGateway(supergraph: string): {
  fetch(url: string, init: RequestInit): Promise<Response>;
  dispose(): Promise<void>;
};
