const fs = require("fs");
const path = require("path");

function* walk(directory) {
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const full = path.join(directory, entry.name);
    if (entry.isDirectory()) yield* walk(full);
    else yield full;
  }
}

for (const [name, text] of Object.entries({ "a.txt": "hello", "b/c.txt": "hello world", "b/d.txt": "" })) {
  fs.mkdirSync(path.dirname(path.join("tree", name)), { recursive: true });
  fs.writeFileSync(path.join("tree", name), text);
}
let total = 0;
for (const file of [...walk("tree")].sort()) {
  const { size } = fs.statSync(file);
  total += size;
  console.log(`${path.relative("tree", file)} ${size}`);
}
console.log(`total ${total}`);
fs.renameSync("tree/b/c.txt", "tree/moved.txt");
console.log(`renamed ${fs.readFileSync("tree/moved.txt", "utf8")}`);
fs.unlinkSync("tree/b/d.txt");
console.log(`left ${[...walk("tree")].length}`);
