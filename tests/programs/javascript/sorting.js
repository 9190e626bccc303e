const words = require("fs").readFileSync(0, "utf8").split(/\s+/).filter(Boolean);
words.sort((a, b) => b.length - a.length || (a < b ? -1 : a > b ? 1 : 0));
console.log(words.join("\n"));
const lengths = Int32Array.from(words, (w) => w.length).sort();
const middle = lengths.length >> 1;
const median = lengths.length % 2 ? lengths[middle] : (lengths[middle - 1] + lengths[middle]) / 2;
console.log(`median ${median.toFixed(1)}`);
