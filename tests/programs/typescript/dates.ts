import { readFileSync } from "node:fs";

enum Weekday { Sun, Mon, Tue, Wed, Thu, Fri, Sat }

class Day {
  static readonly length = 24 * 3600 * 1000;

  private constructor(readonly time: number) {}

  static parse(text: string): Day {
    return new Day(Date.parse(text + "T00:00:00Z"));
  }

  get weekday(): string {
    return Weekday[new Date(this.time).getUTCDay()]!;
  }

  plus(days: number): Day {
    return new Day(this.time + days * Day.length);
  }

  toString(): string {
    return new Date(this.time).toISOString().slice(0, 10);
  }
}

const days = readFileSync(0, "utf8").trim().split("\n").map(Day.parse);
for (const day of days) console.log(`${day} ${day.weekday} ${day.plus(45)}`);
const times = days.map((d) => d.time);
console.log("days", (Math.max(...times) - Math.min(...times)) / Day.length);
