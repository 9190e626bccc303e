import { createInterface } from "node:readline";

async function* pairs(input: NodeJS.ReadableStream): AsyncGenerator<[string, number]> {
  for await (const line of createInterface({ input })) {
    const [key, value] = line.split(" ");
    yield [key!, Number(value)];
  }
}

async function main(): Promise<void> {
  const counts: { [key: string]: number } = {};
  let count = 0;
  let sum = 0;
  for await (const [key, value] of pairs(process.stdin)) {
    counts[key] = (counts[key] ?? 0) + value;
    sum += value;
    if (++count % 20 === 0) console.log(count, sum);
  }
  for (const key of Object.keys(counts).sort()) console.log(key, counts[key]);
}

void main();
