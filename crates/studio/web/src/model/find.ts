// Finding by a few letters: which of many names fit, the best first.

/** How well letters fit a text: null if they do not all occur in order; less is better. */
export function fits(text: string, typed: string): number | null {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const within = text.toLowerCase();
  let cost = 0;
  for (const word of words) {
    const found = wordCost(within, word);
    if (found === null) return null;
    cost += found;
  }
  return cost + within.length / 1000;
}

/** At the beginning of the text or of a word of it, else anywhere, else scattered. */
function wordCost(text: string, word: string): number | null {
  const at = text.indexOf(word);
  if (at === 0) return 0;
  if (at > 0) return /[a-z0-9]/.test(text[at - 1] ?? "") ? 2 : 1;
  let from = 0;
  for (const letter of word) {
    const next = text.indexOf(letter, from);
    if (next < 0) return null;
    from = next + 1;
  }
  return word.length > 1 ? 5 + from / 100 : null;
}

/** The best of what fits; everything in its order where nothing is typed. */
export function findIn<T>(all: readonly T[], typed: string, textOf: (one: T) => string, most: number): T[] {
  if (typed.trim() === "") return all.slice(0, most);
  const rated = all.flatMap((one) => {
    const cost = fits(textOf(one), typed);
    return cost === null ? [] : [{ one, cost }];
  });
  return rated
    .toSorted((a, b) => a.cost - b.cost)
    .slice(0, most)
    .map(({ one }) => one);
}
