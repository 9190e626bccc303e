const text = require("fs").readFileSync(0, "utf8").split("\n")[0];
const points = Array.from(text);
console.log(points.length, Buffer.byteLength(text));
console.log(points.reverse().join(""));
const numbers = points.reverse().map((c) => c.codePointAt(0));
console.log(numbers.filter((n) => n > 127).map((n) => n.toString(16)).join(" "));
