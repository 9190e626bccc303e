import { readFileSync } from "node:fs";

type Entry = Record<"date" | "level" | "text" | "id", string>;

const pattern = /^(?<date>\d{4}-\d{2}-\d{2}) (?<level>[A-Z]+) (?<text>.+) id=(?<id>\d+)$/gm;
const entries = [...readFileSync(0, "utf8").matchAll(pattern)].map((m) => m.groups as unknown as Entry);
for (const e of entries) console.log(`${e.id} ${e.level} ${e.date} [${e.text}]`);
console.log(`errors ${entries.filter(({ level }) => level === "ERROR").length}`);
