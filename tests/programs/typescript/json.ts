import { readFileSync } from "node:fs";

interface Person {
  name: string;
  born: number;
  tags: string[];
}

const people: Person[] = JSON.parse(readFileSync(0, "utf8"));
for (const p of [...people].sort((a, b) => a.born - b.born)) console.log(`${p.name} ${p.born} ${p.tags.length}`);
const sum = (f: (p: Person) => number): number => people.reduce((total, p) => total + f(p), 0);
console.log(JSON.stringify({ count: people.length, tags: sum((p) => p.tags.length), born: sum((p) => p.born) }));
