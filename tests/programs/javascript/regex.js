const text = require("fs").readFileSync(0, "utf8");
const pattern = /^(?<date>\d{4}-\d{2}-\d{2}) (?<level>[A-Z]+) (?<text>.+) id=(?<id>\d+)$/gm;
let errors = 0;
for (const { groups: g } of text.matchAll(pattern)) {
  console.log(`${g.id} ${g.level} ${g.date} [${g.text}]`);
  errors += g.level === "ERROR" ? 1 : 0;
}
console.log(`errors ${errors}`);
