const { Worker, isMainThread, parentPort, workerData } = require("worker_threads");

function work(part) {
  let sum = 0;
  for (let i = 1; i <= 4000; i++) if (i % 4 === part) sum += i * i;
  return sum;
}

async function main() {
  const start = (part) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(__filename, { workerData: part });
      worker.once("message", resolve);
      worker.once("error", reject);
    });
  const sums = await Promise.all([start(0), start(1), start(2), start(3)]);
  console.log(`sum ${sums.reduce((a, b) => a + b)}`);
  const best = Math.max(...sums);
  console.log(`largest ${sums.indexOf(best)} ${best}`);
}

if (isMainThread) main();
else parentPort.postMessage(work(workerData));
