let factorial = 1n;
for (let i = 2n; i <= 60n; i++) factorial *= i;
console.log(String(factorial));
console.log([...String(factorial)].reduce((sum, digit) => sum + Number(digit), 0));
console.log(String(2n ** 200n));
let [a, b] = [0n, 1n];
for (let i = 0; i < 300; i++) [a, b] = [b, a + b];
console.log(a.toString());
