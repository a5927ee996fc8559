/** The known name that the author likely meant: at most two edits away. */
export const nearest = (name: string, known: readonly string[]): string | undefined => {
  let best: { name: string; edits: number } | undefined;
  for (const candidate of known) {
    const edits = distance(name.slice(0, 40), candidate);
    if (edits <= 2 && edits < candidate.length && (best === undefined || edits < best.edits)) best = { name: candidate, edits };
  }
  return best?.name;
};

const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] as number;
};
