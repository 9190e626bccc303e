import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";

function work(part: number): number {
  let sum = 0;
  for (let i = 1; i <= 4000; i++) if (i % 4 === part) sum += i * i;
  return sum;
}

function start(part: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(__filename, { workerData: part });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

async function main(): Promise<void> {
  const sums = await Promise.all([0, 1, 2, 3].map(start));
  const best = Math.max(...sums);
  console.log(`sum ${sums.reduce((a, b) => a + b)}`);
  console.log(`largest ${sums.indexOf(best)} ${best}`);
}

if (isMainThread) void main();
else parentPort!.postMessage(work(workerData as number));
