const DAY = 24 * 3600 * 1000;
const names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const iso = (time) => new Date(time).toISOString().slice(0, 10);
const lines = require("fs").readFileSync(0, "utf8").trim().split("\n");
const times = lines.map((line) => Date.parse(line + "T00:00:00Z"));
for (const time of times) console.log(iso(time), names[new Date(time).getUTCDay()], iso(time + 45 * DAY));
console.log("days", (Math.max(...times) - Math.min(...times)) / DAY);
