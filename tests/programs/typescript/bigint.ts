const range = (from: number, to: number): bigint[] => Array.from({ length: to - from + 1 }, (_, i) => BigInt(from + i));

function fibonacci(n: number): bigint {
  let [a, b]: [bigint, bigint] = [0n, 1n];
  while (n-- > 0) [a, b] = [b, a + b];
  return a;
}

const factorial: string = range(1, 60).reduce((product, i) => product * i, 1n).toString();
console.log(factorial);
console.log([...factorial].map(Number).reduce((a, b) => a + b));
console.log((2n ** 200n).toString());
console.log(fibonacci(300).toString());
