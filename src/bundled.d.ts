export function stampOf(path: string): string;
export function entry(manifest?: URL): string;
