import * as fs from "node:fs";
import { dirname, join, relative } from "node:path";

function* walk(directory: string): Generator<string> {
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const full = join(directory, entry.name);
    if (entry.isDirectory()) yield* walk(full);
    else yield full;
  }
}

const contents: Record<string, string> = { "a.txt": "hello", "b/c.txt": "hello world", "b/d.txt": "" };
for (const [name, text] of Object.entries(contents)) {
  fs.mkdirSync(dirname(join("tree", name)), { recursive: true });
  fs.writeFileSync(join("tree", name), text);
}
let total = 0;
for (const file of [...walk("tree")].sort()) {
  const { size } = fs.statSync(file);
  total += size;
  console.log(`${relative("tree", file)} ${size}`);
}
console.log(`total ${total}`);
fs.renameSync("tree/b/c.txt", "tree/moved.txt");
console.log(`renamed ${fs.readFileSync("tree/moved.txt", "utf8")}`);
fs.unlinkSync("tree/b/d.txt");
console.log(`left ${[...walk("tree")].length}`);
