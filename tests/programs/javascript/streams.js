const readline = require("readline");
const { Transform } = require("stream");

const totals = new Transform({
  objectMode: true,
  construct(done) {
    this.counts = new Map();
    this.count = this.sum = 0;
    done();
  },
  transform([key, value], _, done) {
    this.counts.set(key, (this.counts.get(key) ?? 0) + value);
    this.sum += value;
    if (++this.count % 20 === 0) this.push(`${this.count} ${this.sum}\n`);
    done();
  },
  flush(done) {
    for (const key of [...this.counts.keys()].sort()) this.push(`${key} ${this.counts.get(key)}\n`);
    done();
  },
});
totals.pipe(process.stdout);
const lines = readline.createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const [key, value] = line.split(" ");
  totals.write([key, Number(value)]);
});
lines.on("close", () => totals.end());
