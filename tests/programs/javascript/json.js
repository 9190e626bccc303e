const fs = require("fs");

const people = JSON.parse(fs.readFileSync(0, "utf8"));
for (const p of [...people].sort((a, b) => a.born - b.born)) console.log(`${p.name} ${p.born} ${p.tags.length}`);
const sum = (f) => people.reduce((total, p) => total + f(p), 0);
console.log(JSON.stringify({ count: people.length, tags: sum((p) => p.tags.length), born: sum((p) => p.born) }));
