import { readFileSync } from "node:fs";

type Comparator<T> = (a: T, b: T) => number;

const by = <T>(...comparators: Comparator<T>[]): Comparator<T> =>
  (a, b) => comparators.reduce((result, compare) => result || compare(a, b), 0);

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const words = readFileSync(0, "utf8").split(/\s+/).filter(Boolean);
words.sort(by<string>((a, b) => b.length - a.length, (a, b) => (a < b ? -1 : a > b ? 1 : 0)));
console.log(words.join("\n"));
console.log(`median ${median(words.map((w) => w.length)).toFixed(1)}`);
