type Tree<T> = { item: T; rest: Tree<T>[] };

const ackermann = (m: number, n: number): number =>
  m === 0 ? n + 1 : ackermann(m - 1, n === 0 ? 1 : ackermann(m, n - 1));
const hanoi = (n: number): number => (n === 0 ? 0 : 2 * hanoi(n - 1) + 1);

function queens(n: number, row = 0, columns = 0, down = 0, up = 0): number {
  if (row === n) return 1;
  let count = 0;
  for (let c = 0; c < n; c++) {
    const [x, y, z] = [1 << c, 1 << (row - c + n), 1 << (row + c)];
    if (!(columns & x || down & y || up & z)) count += queens(n, row + 1, columns | x, down | y, up | z);
  }
  return count;
}

const permute = <T>(items: T[]): Tree<T>[] =>
  items.map((item, i) => ({ item, rest: permute(items.filter((_, k) => k !== i)) }));
const leaves = <T>(trees: Tree<T>[]): number =>
  trees.reduce((sum, { rest }) => sum + (rest.length ? leaves(rest) : 1), 0);

function memoize(f: (n: number) => number): (n: number) => number {
  const known = new Map<number, number>();
  return (n) => {
    if (!known.has(n)) known.set(n, f(n));
    return known.get(n)!;
  };
}

const fibonacci: (n: number) => number = memoize((n) => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2)));

for (const n of [ackermann(2, 3), hanoi(10), queens(8), leaves(permute([..."abcd"])), fibonacci(20)]) console.log(n);
