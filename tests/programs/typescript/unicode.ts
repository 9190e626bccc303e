import { readFileSync } from "node:fs";

const text: string = readFileSync(0, "utf8").split("\n")[0] ?? "";
const points: readonly string[] = Array.from(text);
console.log(points.length, Buffer.byteLength(text));
console.log([...points].reverse().join(""));
console.log(points.map((c) => c.codePointAt(0)!).filter((n) => n > 127).map((n) => n.toString(16)).join(" "));
