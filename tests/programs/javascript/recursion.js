const ackermann = (m, n) => (m === 0 ? n + 1 : ackermann(m - 1, n === 0 ? 1 : ackermann(m, n - 1)));
const hanoi = (n) => (n === 0 ? 0 : 2 * hanoi(n - 1) + 1);

function queens(n, row = 0, columns = 0, down = 0, up = 0) {
  if (row === n) return 1;
  let count = 0;
  for (let c = 0; c < n; c++) {
    const bits = [1 << c, 1 << (row - c + n), 1 << (row + c)];
    if (columns & bits[0] || down & bits[1] || up & bits[2]) continue;
    count += queens(n, row + 1, columns | bits[0], down | bits[1], up | bits[2]);
  }
  return count;
}

function* permutations(items) {
  if (items.length === 0) yield [];
  for (let i = 0; i < items.length; i++)
    for (const rest of permutations(items.filter((_, k) => k !== i))) yield [items[i], ...rest];
}

const memo = new Map();
function fibonacci(n) {
  if (!memo.has(n)) memo.set(n, n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2));
  return memo.get(n);
}

for (const n of [ackermann(2, 3), hanoi(10), queens(8), [...permutations([..."abcd"])].length, fibonacci(20)])
  console.log(n);
